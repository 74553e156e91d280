/** The few files that an attacher reads (token, CA, namespace, kubeconfig), as everything under src/ sees them. */
export interface Files {
  /** The whole file as text. Rejects with an error that carries the path and Node's code (ENOENT, EACCES, …). */
  readText(path: string): Promise<string>;
}
