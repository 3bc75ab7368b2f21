/**
 * Which options the model knows (manual, "uWSGI Options").
 *
 * Rules of this file: what is ignored has no bearing on what an application is told of a request.
 */

const set = (names: string): ReadonlySet<string> => new Set(names.trim().split(/\s+/));

/** Options without a value. */
export const flags = set('manage-script-name no-default-app http-server-name-as-http-host');

/** Options that may come several times. */
export const lists = set('http http-socket http11-socket http-to http-var mount wsgi-file module');

export const singles = set('socket route-run');

export const ignored = set(`
  abstract-socket add-header async auto-procname autoload binary-path body-read-warning buffer-size callable catch-exceptions chdir
  cheap cheaper cheaper-algo cheaper-initial cheaper-step chmod chmod-socket chown chown-socket close-on-exec cpu-affinity daemonize
  die-on-term disable-logging emperor enable-threads env exit-on-reload gid harakiri harakiri-verbose home
  http-auto-chunked http-auto-gzip http-buffer-size http-cheap http-chunked-input http-connect-timeout http-events http-gid
  http-harakiri http-headers-timeout http-keepalive http-manage-expect http-modifier1 http-modifier2 http-processes http-quiet
  http-raw-body http-socket-modifier1 http-socket-modifier2 http-socket-timeout http-stats http-timeout http-uid http-websockets
  http-workers ignore-sigpipe ignore-write-errors idle ignore-script-name lazy lazy-apps limit-as limit-post listen log-4xx log-5xx
  log-date log-format log-maxsize log-micros log-slow log-x-forwarded-for log-zero logdate logger logto logto2 max-requests
  max-worker-lifetime master M memory-report min-worker-lifetime need-app need-plugin no-orphans offload-threads optimize p pidfile
  plugin plugin-dir plugins plugins-dir post-buffering processes procname procname-master procname-prefix procname-prefix-spaced
  py-auto-reload py-autoreload py-call-osafterfork pymodule-alias pypath python-path pythonpath pp reload-mercy reload-on-as
  reload-on-rss safe-pidfile show-config single-interpreter so-keepalive socket-timeout stats stats-http stats-server strict
  tcp-nodelay thread-stacksize threads thunder-lock touch-reload uid umask vacuum venv virtualenv wheel-path worker-reload-mercy
  workers H
`);
