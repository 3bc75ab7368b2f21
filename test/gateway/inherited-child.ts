/**
 * A process that was started with something: it says what it makes of it, or serves.
 *
 * `started`: how it was started; `descriptors`, with a name: those of systemd's sockets; `serve`, with options: until its input says
 * otherwise.
 */

import { isListening, startedAs, systemdDescriptors } from '../../lib/gateway/inherited.js';
import { serve } from '../../lib/index.js';

const [what, parameter = ''] = process.argv.slice(2);
const say = (value: unknown): void => void process.stderr.write(`${JSON.stringify(value)}\n`);

/** systemd knows the process that it becomes; whoever spawns one does not, before. */
if (process.env.LISTEN_PID === 'own') process.env.LISTEN_PID = String(process.pid);

try {
  if (what === 'started') {
    say({ started: startedAs(process.env) ?? null, isListening: isListening(Number(parameter || 0)) });
  } else if (what === 'descriptors') {
    say(systemdDescriptors(process.env, process.pid, parameter || undefined));
  } else {
    const { LISTEN_PID = null, LISTEN_FDS = null } = process.env;
    const gateway = await serve((req, res) => {
      if (req.url !== '/end') return void res.end(`${process.pid} ${req.baseUrl} ${req.url}`);
      res.end('ending');
      return void gateway.close();
    }, JSON.parse(parameter));
    say({ addresses: gateway.addresses, LISTEN_PID, LISTEN_FDS });
  }
} catch (error) {
  say(String(error));
}
