/** The driver answers under another name than before: its volumes are not ours, and somebody has to look at that. */
export class DriverChanged extends Error {
  constructor(before: string, after: string) {
    super(`the CSI driver was "${before}" and now calls itself "${after}"`);
    this.name = 'DriverChanged';
  }
}
