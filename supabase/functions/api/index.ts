import { createFunction } from '../_shared/create-function.ts';
import { limitRate } from '../_shared/limit-rate.ts';
import { requireUser } from '../_shared/require-user.ts';
import { backtests } from './routes/backtests.ts';
import { biasChecks } from './routes/bias-checks.ts';
import { bots } from './routes/bots.ts';
import { credentials } from './routes/credentials.ts';
import { emergencyStops } from './routes/emergency-stops.ts';
import { keys } from './routes/keys.ts';
import { optimisations } from './routes/optimisations.ts';
import { strategies } from './routes/strategies.ts';
import { trading } from './routes/trading.ts';

const app = createFunction('api');
app.use(requireUser, limitRate);
app.route('/strategies', strategies);
app.route('/backtests', backtests);
app.route('/optimisations', optimisations);
app.route('/bias-checks', biasChecks);
app.route('/keys', keys);
app.route('/credentials', credentials);
app.route('/trading', trading);
app.route('/bots', bots);
app.route('/', emergencyStops);

export default { fetch: app.fetch };
