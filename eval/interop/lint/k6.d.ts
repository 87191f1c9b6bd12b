// Globals of k6 that its types leave to those of browsers.

declare const console: Record<'debug' | 'error' | 'info' | 'log' | 'warn', (...what: unknown[]) => void>;

// The name that k6 1.1 knows it by, and 2.x too.
declare module 'k6/experimental/websockets' {
  export * from 'k6/websockets';
}
