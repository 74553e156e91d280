import { secretMark } from '../../cluster/cluster.ts';
import type { Property } from '../checker.ts';

const encodedMark = Buffer.from(secretMark).toString('base64').slice(0, 8);

/** No secret, publish context or volume attribute in a log line, nor a secret in anything that is written to the API. */
export const noSecrets: Property = {
  name: 'no-secrets',
  make(scene) {
    const shows = (text: string): boolean => text.includes(secretMark) || text.includes(encodedMark);
    return {
      logged(by, line) {
        if (shows(line) || line.includes('devicePath')) scene.broken(`${by.name} logs what is secret: ${line}`);
      },
      requestSent(by, { body, method, path }) {
        if (body === undefined) return;
        const sent = Buffer.from(body).toString();
        if (shows(sent)) scene.broken(`${by.name} sends what is secret: ${method} ${path} ${sent}`);
      },
    };
  },
};
