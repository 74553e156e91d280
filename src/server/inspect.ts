/** What the attacher lets be seen of its work. Never secrets, publish context or volume attributes. */
export interface Inspect {
  /** One entry for each VolumeAttachment of the driver, as JSON has it. */
  attachments(): readonly unknown[];
}
