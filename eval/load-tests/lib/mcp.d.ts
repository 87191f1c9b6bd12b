import type { Options, Scenario } from 'k6/options';

/** The class of a failed call, as answers.json has them. */
export type Failure =
  | 'timeout'
  | 'network'
  | 'unauthorized'
  | 'forbidden'
  | 'session_lost'
  | 'too_many_sessions'
  | 'rate_limited'
  | 'http_5xx'
  | 'protocol_error'
  | 'tool_error';

/** How a call was answered; `result` parses the answer, and there is one where `failure` is null. */
export interface Answered<T> {
  failure: Failure | null;
  result(): T;
}

export interface Tool {
  name: string;
  description?: string;
  inputSchema: object;
}

export interface Content {
  type: string;
  text?: string;
}

export interface ToolResult {
  content: Content[];
  structuredContent?: unknown;
  isError?: boolean;
}

export interface Client {
  /** tools/call. */
  callTool(call: { name: string; arguments?: object }): Answered<ToolResult>;
  /** tools/list, every page of it. */
  listAllTools(): Answered<Tool[]>;
  /** resources/read. */
  readResource(resource: { uri: string }): Answered<{ contents: object[] }>;
  /** prompts/get. */
  getPrompt(prompt: { name: string; arguments?: Record<string, string> }): Answered<{ messages: object[] }>;
  /** ping, or server/discover in revisions without sessions. */
  ping(): Answered<object>;
  /** One entry of a pool. */
  make(call: Call, tags?: Record<string, string | number> | null): Answered<unknown>;
  /** Waits for this user's next turn, `period` seconds after the one before; false once the scenario's time is up. */
  pace(period: number): boolean;
  /** Milliseconds that its requests took so far, connections included. */
  readonly spent: number;
  readonly isOpen: boolean;
}

/** An entry of a pool, ready to be made. */
export interface Call {
  rpc: string;
  name: string;
  weight: number;
  text: string;
  varies: boolean;
}

/** k6's options, with the figures of each tool, resource, prompt and rpc in the summary. */
export function options(
  given: Options & { tools?: string[]; measured?: string[]; ladder?: number[] },
): Options;

/** The options of a scenario of profiles.json. */
export function optionsOf(name: string, tools?: string[], more?: object): Options;

/** tools/list, as an entry of a pool. */
export const LIST: Call;

/** ping, or server/discover in revisions without sessions, as an entry of a pool. */
export const PING: Call;

/** The options and the iteration of a scenario of profiles.json that makes calls of its pool, and those of `more`, at its pace. */
export function paced(name: string, more?: Call[]): { options: Options; iteration: () => void };

/** Opens a session, gives `work` its client and closes it whatever happens; the failure that kept it from being opened. */
export function session(work: (client: Client) => void): Failure | null;

/** A session of `calls` turns, `period` seconds apart; `pick` names the call of each. */
export function pacedSession(
  calls: number,
  period: number,
  pick: (vu: number, turn: number) => Call,
  tags?: () => Record<string, string | number> | null,
): void;

/** Waits, the first time a user calls it, for the user's place in the time over which the entry spreads their beginnings. */
export function ramp(name: string): () => void;

/** A client whose session is open, for who closes it; null where it was refused. */
export function connect(): (Client & { close(): void; id: string | null; headers: Record<string, string> }) | null;

/** From now on this VU has a token of its own. */
export function identify(token: string): void;

/** A sign of life that may be refused by 429 with Retry-After: the seconds to wait then, else 0; not again, once one has waited. */
export function burst(client: Client, hasWaited?: boolean): number;

/** The calls of CALLS_FILE, or else these. */
export function pool(fallback: object[]): Call[];
export function names(calls: Call[]): string[];
export function rpcs(calls: Call[]): string[];
export function choose(calls: Call[], vu: number, turn: number): Call;
export function spread(vu: number): number;
export function positive(name: string, fallback: number): number;
export function coldStart(duration: number): void;

/** An entry of profiles.json. */
export interface Entry {
  measured: string[];
  calls_per_iteration: number;
  pause_s: number;
  pace_s: number;
  calls: object[];
}

export function scenario(name: string): Entry;
export function shape(entry: Entry): Scenario & { vus: number; duration: string };

/** A duration as k6 writes it, in seconds. */
export function secondsOf(text: string): number;
export function steps(shape: Scenario): { all: number[]; at(seconds: number): number | null };
