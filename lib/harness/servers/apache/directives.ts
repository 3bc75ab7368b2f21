/**
 * Directives of the core and of modules that have no file here: those that are read, and those that change nothing of what an
 * application gets.
 *
 * Rules of this file: a table. What could change a request and is not modelled is in neither list.
 */

const words = (text: string): readonly string[] => text.trim().split(/\s+/);

/** Those that are read by the core. */
export const coreDirectives = words(`
  AcceptPathInfo AllowEncodedSlashes CGIPassAuth DocumentRoot MergeSlashes Options QualifyRedirectURL Require ServerAdmin
  ServerAlias ServerName ServerSignature ServerTokens SetHandler TraceEnable UseCanonicalName UseCanonicalPhysicalPort
`);

/** Those that change nothing. */
export const ignoredDirectives = words(`
  AcceptFilter AddCharset AddDefaultCharset AddEncoding AddLanguage AddOutputFilter AddOutputFilterByType
  AllowOverride AllowOverrideList AsyncRequestWorkerFactor BufferedLogs CoreDumpDirectory CustomLog DefaultLanguage
  DefaultRuntimeDir DefaultType EnableMMAP EnableSendfile ErrorLog ErrorLogFormat ExpiresActive ExpiresByType
  ExpiresDefault ExtendedStatus FileETag GlobalLog Group HeartbeatAddress HostnameLookups IndexIgnore
  IndexOptions KeepAlive KeepAliveTimeout Listen ListenBackLog LoadFile LogFormat LogLevel LogLevelOverride
  MaxClients MaxConnectionsPerChild MaxKeepAliveRequests MaxMemFree MaxRequestWorkers MaxSpareServers MaxSpareThreads
  MIMEMagicFile MinSpareServers MinSpareThreads Mutex NameVirtualHost PidFile Protocols ReceiveBufferSize
  RequestReadTimeout RewriteLog RewriteLogLevel ScoreBoardFile SeeRequestTail SendBufferSize ServerLimit ServerRoot
  StartServers StartThreads ThreadLimit ThreadsPerChild ThreadStackSize Timeout TransferLog TypesConfig User
  SetOutputFilter SSLCertificateChainFile SSLCertificateFile SSLCertificateKeyFile SSLCipherSuite SSLEngine
  SSLHonorCipherOrder SSLProtocol SSLRandomSeed SSLSessionCache SSLSessionCacheTimeout
`);
