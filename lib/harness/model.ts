/**
 * What a front server is to this library: a client's request in; what reaches the application, or the front server's own answer,
 * out.
 *
 * Rules of this file: types only. Text is one character a byte; pairs are in the order of the wire, and a name may come twice.
 */

/** Header fields or meta-variables, in order. */
export type Pairs = readonly (readonly [name: string, value: string])[];

/** A request as a client sent it. */
export interface ClientRequest {
  readonly method: string;
  /** As it stands on the request line. */
  readonly target: string;
  /** `HTTP/1.1`, as on the request line. */
  readonly version: string;
  /** As sent; a model gets values without the white space that its server cuts off. */
  readonly headers: Pairs;
  /** The body, without its transfer coding; `undefined` where there is none. */
  readonly body: Uint8Array | undefined;
}

/** The connection of the client with the front server. */
export interface ClientConnection {
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly localAddress: string;
  readonly localPort: number;
  readonly isEncrypted: boolean;
}

/** A request of HTTP, as a front server sends it on. */
export interface HttpMessage {
  readonly method: string;
  readonly target: string;
  readonly version: string;
  readonly headers: Pairs;
}

/** A FORWARD_REQUEST of AJP13. */
export interface AjpMessage {
  readonly method: string;
  readonly protocol: string;
  readonly reqUri: string;
  readonly remoteAddr: string;
  readonly remoteHost: string | null;
  readonly serverName: string | null;
  readonly serverPort: number;
  readonly isSsl: boolean;
  readonly headers: Pairs;
  /** Names as mod_proxy_ajp has them: `query_string`, `jvm_route`, …; request attributes begin with `@`. */
  readonly attributes: Pairs;
}

/** What a front server does with the answer of an application. */
export interface Relay {
  /** Header fields of the answer, as the client gets them: what the front server takes out, puts in, or rewrites. */
  readonly headers: (status: number, headers: Pairs) => { readonly status: number; readonly headers: Pairs };
}

/** What becomes of a request. */
export type Passed = { readonly relay?: Relay } & (
  | { readonly kind: 'refused'; readonly status: number; readonly location?: string }
  | {
      readonly kind: 'environ';
      readonly protocol: 'fastcgi' | 'scgi' | 'uwsgi' | 'cgi';
      readonly environ: Pairs;
      /** FastCGI: whether the connection is to be kept. */
      readonly keepConnection?: boolean;
    }
  | { readonly kind: 'http'; readonly message: HttpMessage }
  | { readonly kind: 'ajp'; readonly message: AjpMessage }
);

/** A front server with a configuration. */
export interface FrontServerModel {
  /** What becomes of a request. */
  pass(request: ClientRequest, connection: ClientConnection): Passed;
}

/** The text of each file of a configuration, by name. */
export type ConfigurationFiles = Readonly<Record<string, string>>;

/** What a model may need to know that no configuration says. */
export interface Surroundings {
  /** Whether a file or folder is at a path of the front server's machine. */
  readonly exists?: (path: string) => 'file' | 'folder' | undefined;
}

/**
 * Makes a model of a configuration, in the front server's own language.
 *
 * @throws {ConfigurationError} ERR_HARNESS_CONFIGURATION: a directive that the model does not know, named with its line.
 */
export type Interpreter = (files: ConfigurationFiles, surroundings: Surroundings) => FrontServerModel;
