/** What calls to the driver are refused with, for those who know drivers and not what carries the calls. */
export { Code, codeName, StatusError as CsiError } from '../grpc/status.ts';
