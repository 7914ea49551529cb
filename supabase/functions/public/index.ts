import { createFunction } from '../_shared/create-function.ts';
import { health } from './routes/health.ts';

const app = createFunction('public');
app.route('/health', health);

export default { fetch: app.fetch };
