/**
 * prom-client's own files. Its index also loads the push gateway and the cluster support, which bring in node:http,
 * node:cluster and 12 MiB that nothing here uses; so the four files that are used are imported one by one.
 */
declare module 'prom-client/lib/registry.js' {
  export { Registry as default } from 'prom-client';
}
declare module 'prom-client/lib/counter.js' {
  export { Counter as default } from 'prom-client';
}
declare module 'prom-client/lib/gauge.js' {
  export { Gauge as default } from 'prom-client';
}
declare module 'prom-client/lib/histogram.js' {
  export { Histogram as default } from 'prom-client';
}
