import { createFunction } from '../_shared/create-function.ts';
import { authenticate } from './routes/authenticate.ts';
import { refresh } from './routes/refresh.ts';

// All else that a runner does goes through the Data API, with the token that it gets here.
const app = createFunction('runner');
app.route('/authenticate', authenticate);
app.route('/refresh', refresh);

export default { fetch: app.fetch };
