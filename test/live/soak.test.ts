/**
 * What `npm run soak` does, in short: bodies, connections and closes by the dozen instead of the thousand.
 */

import { expect } from 'chai';
import { soakIdle } from '../../bench/soak/idle.js';
import { soakRestart } from '../../bench/soak/restart.js';
import { type Finding, protocolNames } from '../../bench/soak/stage.js';
import { soakTransfer } from '../../bench/soak/transfer.js';
import { frontServers } from './front-server.js';
import { describeLive } from './program.js';

describeLive('soak, in short', frontServers.nginx.program, () => {
  const itFinds = (name: string, soak: () => Promise<readonly Finding[]>): void => {
    it(name, async () => {
      const missed = (await soak()).filter(({ isReached }) => !isReached);
      expect(missed.map(({ subject, figure }) => `${subject}: ${figure}`)).to.deep.equal([]);
    });
  };

  // HTTP is Node's own.
  for (const protocol of protocolNames.filter((name) => name !== 'http')) {
    itFinds(`${protocol}: 64 MB up and down, which are not kept in memory`, () =>
      soakTransfer(protocol, 64 * 2 ** 20),
    );
    itFinds(`${protocol}: 500 idle connections, and a request answered`, () => soakIdle(protocol, 500));
    itFinds(`${protocol}: gateways close under load, and no request fails`, () => soakRestart(protocol, 2));
  }
});
