import { createFunction } from '../_shared/create-function.ts';
import { requireUser } from '../_shared/require-user.ts';
import { config } from './routes/config.ts';
import { contactMessages } from './routes/contact-messages.ts';
import { emergencyStop } from './routes/emergency-stop.ts';
import { systemHealth } from './routes/system-health.ts';
import { users } from './routes/users.ts';
import { waitlist } from './routes/waitlist.ts';

// Every route ends in a function of the database that asks for the role admin and a second factor, and audits the call.
const app = createFunction('admin');
app.use(requireUser);
app.route('/users', users);
app.route('/waitlist', waitlist);
app.route('/contact-messages', contactMessages);
app.route('/system-health', systemHealth);
app.route('/config', config);
app.route('/emergency-stop', emergencyStop);

export default { fetch: app.fetch };
