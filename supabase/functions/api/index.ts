import { createFunction } from '../_shared/create-function.ts';
import { requireUser } from '../_shared/require-user.ts';
import { backtests } from './routes/backtests.ts';
import { credentials } from './routes/credentials.ts';

const app = createFunction('api');
app.use(requireUser);
app.route('/backtests', backtests);
app.route('/credentials', credentials);

export default { fetch: app.fetch };
