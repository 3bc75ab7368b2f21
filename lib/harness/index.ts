/**
 * The door `mountpoint/harness`: re-exports only.
 */

export { type BehindOptions, behind } from './behind.js';
export { type DescribeOptions, describeMount, type Route, type TestRunner } from './describe-mount.js';
export {
  type FrontServer,
  type FrontServerChoice,
  type FrontServerName,
  type FrontServerOptions,
  frontServers,
  type OwnFrontServer,
} from './front-servers.js';
export { type InjectedAnswer, type InjectOptions, inject } from './inject.js';
export { type RecordedRequest, recorded } from './recorded.js';
