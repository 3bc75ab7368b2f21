/**
 * Directives of mod_proxy and of the modules of its schemes.
 *
 * Rules of this file: tables. What could change a request and is not modelled (a proxy of clients, ProxyRemote, ProxyBlock) is in
 * neither.
 */

const words = (text: string): readonly string[] => text.trim().split(/\s+/);

/** Those that are read. */
export const proxyDirectives = words(`
  BalancerMember Proxy100Continue ProxyAddHeaders ProxyErrorOverride ProxyFCGIBackendType ProxyFCGISetEnvIf
  ProxyMaxForwards ProxyPass ProxyPassInterpolateEnv ProxyPassMatch ProxyPassReverse ProxyPassReverseCookieDomain
  ProxyPassReverseCookiePath ProxyPreserveHost ProxyRequests ProxySCGIInternalRedirect ProxySet ProxyVia
`);

/** Those that change nothing of a request. */
export const ignoredProxyDirectives = words(`
  BalancerGrowth BalancerInherit BalancerPersist ProxyBadHeader ProxyIOBufferSize ProxyPassInherit
  ProxyReceiveBufferSize ProxySCGISendfile ProxySourceAddress ProxyStatus ProxyTimeout ProxyWebsocketAsync
  ProxyWebsocketAsyncDelay ProxyWebsocketFallbackToProxyHttp ProxyWebsocketIdleTimeout SSLProxyCACertificateFile
  SSLProxyCACertificatePath SSLProxyCheckPeerCN SSLProxyCheckPeerExpire SSLProxyCheckPeerName SSLProxyCipherSuite
  SSLProxyEngine SSLProxyMachineCertificateFile SSLProxyProtocol SSLProxyVerify SSLProxyVerifyDepth
`);
