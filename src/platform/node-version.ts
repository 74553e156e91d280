import process from 'node:process';

/** The oldest Node that runs the attacher; `engines` in package.json says the same. */
const oldestMajor = 24;

// Imported before everything else: an older Node runs a good deal of the attacher until something is missing, and then it
// looks as if the driver or the API server were at fault.
if (Number.parseInt(process.versions.node, 10) < oldestMajor) {
  process.stderr.write(`csi-attacher needs Node ${oldestMajor} or newer; this is Node ${process.versions.node}.\n`);
  process.exit(1);
}
