/**
 * The front door: re-exports only.
 */

export { applicationUri, environ, requestUri, urlFor } from './bridge/environ.js';
export type { MountedRequest } from './bridge/request.js';
export type { ForwardedOriginal } from './bridge/request-view.js';
export type { Environ } from './environ/variables.js';
export {
  ArgumentError,
  ConfigurationError,
  ForwardedError,
  LintError,
  MountpointError,
  RequestTargetError,
} from './errors.js';
export type { Authorizer, Verdict } from './gateway/authorizer.js';
export type { Gateway } from './gateway/gateway.js';
export type { GatewayProtocol, ServeOptions } from './gateway/options.js';
export type { Application, Handler, Next, UpgradeHandler } from './middleware/application.js';
export { behindProxy } from './middleware/behind-proxy.js';
export { type FetchApplication, type FetchHandler, fetchHandler } from './middleware/fetch.js';
export { type LintOptions, lint } from './middleware/lint.js';
export { type Middleware, type MountMiddleware, mount } from './middleware/mount.js';
export { normalized } from './middleware/normalized.js';
export type { ProxyOptions } from './middleware/proxy-options.js';
export { serve } from './middleware/serve.js';
export type { Explanation } from './mount/explain.js';
export type { MountOptions } from './mount/options.js';
export { type Params, type ParamsOf, type Pattern, pattern } from './mount/pattern.js';
export { type MountMatch, MountTable } from './mount/table.js';
