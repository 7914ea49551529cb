import { createFunction } from '../_shared/create-function.ts';
import { contact } from './routes/contact.ts';
import { health } from './routes/health.ts';
import { waitlist } from './routes/waitlist.ts';

const app = createFunction('public');
app.route('/health', health);
app.route('/waitlist', waitlist);
app.route('/contact', contact);

export default { fetch: app.fetch };
