import { createFunction } from '../_shared/create-function.ts';
import { limitRate } from '../_shared/limit-rate.ts';
import { requireUser } from '../_shared/require-user.ts';
import { backtests } from './routes/backtests.ts';
import { credentials } from './routes/credentials.ts';
import { keys } from './routes/keys.ts';

const app = createFunction('api');
app.use(requireUser, limitRate);
app.route('/backtests', backtests);
app.route('/keys', keys);
app.route('/credentials', credentials);

export default { fetch: app.fetch };
