import type { BundledPackage } from './bundles.ts';
import type { DebianPackage } from './debian.ts';
import type { NodeBinary } from './node-binary.ts';

/** The image's content as an SPDX 2.3 document: one package each for the attacher, Node, Debian's and npm's packages. */
export function spdx(options: {
  version: string;
  architecture: string;
  /** RFC 3339. */
  created: string;
  debian: readonly DebianPackage[];
  node: NodeBinary;
  packages: readonly BundledPackage[];
}): string {
  const { version, architecture, created, debian, node, packages } = options;
  const root = describe('csi-attacher', version, 'Apache-2.0', undefined);
  const parts = [
    describe('nodejs', node.version, 'MIT', `pkg:generic/node@${node.version}?arch=${architecture}`),
    ...debian.map((each) =>
      describe(each.name, each.version, 'NOASSERTION', purl('deb/debian', each.name, each.version, each.architecture)),
    ),
    ...packages.map((each) => describe(each.name, each.version, each.license, purl('npm', each.name, each.version))),
  ];
  const document = {
    spdxVersion: 'SPDX-2.3',
    dataLicense: 'CC0-1.0',
    SPDXID: 'SPDXRef-DOCUMENT',
    name: `csi-attacher-${version}-linux-${architecture}`,
    documentNamespace: `https://spdx.org/spdxdocs/csi-attacher-${version}-linux-${architecture}`,
    creationInfo: { created, creators: ['Tool: csi-attacher-make-image'] },
    packages: [root, ...parts],
    relationships: [
      { spdxElementId: 'SPDXRef-DOCUMENT', relationshipType: 'DESCRIBES', relatedSpdxElement: root.SPDXID },
      ...parts.map(({ SPDXID }) => ({
        spdxElementId: root.SPDXID,
        relationshipType: 'CONTAINS',
        relatedSpdxElement: SPDXID,
      })),
    ],
  };
  return `${JSON.stringify(document, undefined, 2)}\n`;
}

function describe(name: string, version: string, license: string, locator: string | undefined) {
  const references = [{ referenceCategory: 'PACKAGE-MANAGER', referenceType: 'purl', referenceLocator: locator }];
  return {
    SPDXID: `SPDXRef-${name.replace(/[^A-Za-z0-9.-]/g, '-')}`,
    name,
    versionInfo: version,
    downloadLocation: 'NOASSERTION',
    filesAnalyzed: false,
    licenseConcluded: 'NOASSERTION',
    licenseDeclared: license,
    copyrightText: 'NOASSERTION',
    ...(locator === undefined ? {} : { externalRefs: references }),
  };
}

/** A package URL; a scope's @ is written %40. */
function purl(type: string, name: string, version: string, architecture?: string): string {
  const qualifier = architecture === undefined ? '' : `?arch=${architecture}`;
  return `pkg:${type}/${name.replace('@', '%40').replaceAll('+', '%2B')}@${encodeURIComponent(version)}${qualifier}`;
}
