import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parse, type TomlTable } from 'smol-toml';
import { parseDurationMs } from './parse-duration.ts';

/** Settings of one function in config.toml. */
export interface FunctionConfig {
  readonly enabled: boolean;
  /** Whether the gateway refuses a request without a valid token before the function sees it. */
  readonly verifyJwt: boolean;
}

/** A Postgres function that Auth calls: `pg-functions://postgres/<schema>/<function>`. */
export interface HookConfig {
  readonly enabled: boolean;
  readonly uri: string;
}

/** How Auth deals with e-mail addresses and passwords. */
export interface EmailConfig {
  readonly signupEnabled: boolean;
  readonly confirmations: boolean;
  readonly otpLength: number;
  readonly otpExpirySeconds: number;
  /** A change of address is confirmed at the old address too. */
  readonly doubleConfirmChanges: boolean;
  /** A new password needs a code from an e-mail when the session is older than a day. */
  readonly securePasswordChange: boolean;
  /** A new password needs the old one, unless the session came from a one-time code. */
  readonly requireCurrentPassword: boolean;
  /** Between two e-mails of a kind to one address. */
  readonly maxFrequencyMs: number;
  /** Which changes are told to the user by e-mail after the fact. */
  readonly notices: { readonly passwordChanged: boolean; readonly emailChanged: boolean };
}

/** How often one client may ask, in five minutes; e-mails of all together in an hour. */
export interface RateLimitConfig {
  readonly tokenRefresh: number;
  readonly signInSignUps: number;
  readonly tokenVerifications: number;
  /** Undefined where config.toml does not say: then nothing is counted, for no e-mail leaves this machine. */
  readonly emailSent: number | undefined;
}

/** What the local stack reads from supabase/config.toml; everything it does not name keeps the CLI's default. */
export interface StackConfig {
  /** Folder that holds `supabase/`. */
  readonly projectDir: string;
  readonly projectId: string;
  readonly api: { port: number; schemas: string[]; extraSearchPath: string[]; maxRows: number };
  readonly db: { port: number };
  readonly auth: {
    siteUrl: string;
    redirectUrls: string[];
    jwtExpirySeconds: number;
    refreshTokenRotation: boolean;
    refreshTokenReuseIntervalSeconds: number;
    signupEnabled: boolean;
    anonymousSignIns: boolean;
    minimumPasswordLength: number;
    email: EmailConfig;
    rateLimits: RateLimitConfig;
    mfa: { maxEnrolledFactors: number; totp: { enrollEnabled: boolean; verifyEnabled: boolean } };
    hooks: Record<string, HookConfig>;
  };
  readonly functions: Record<string, FunctionConfig>;
}

/** Reads supabase/config.toml below a project folder. Throws with the path and the reason when it cannot be read. */
export function readStackConfig(projectDir: string): StackConfig {
  const path = join(projectDir, 'supabase', 'config.toml');
  const root = parseFile(path);
  const at = reader(root, path);
  const duration = (key: string, fallback: string) => {
    const ms = parseDurationMs(at(key, fallback));
    if (ms === undefined) throw new Error(`${path}: ${key} must be a duration as in "1m30s"`);
    return ms;
  };
  const rate = (key: string, fallback: number) => {
    const count = at(key, fallback);
    if (!Number.isInteger(count) || count < 1) throw new Error(`${path}: ${key} must be a whole number above 0`);
    return count;
  };
  return {
    projectDir,
    projectId: at('project_id', 'tradebase'),
    api: {
      port: portFromEnvironment('TRADEBASE_API_PORT') ?? at('api.port', 54321),
      schemas: at('api.schemas', ['public']),
      extraSearchPath: at('api.extra_search_path', ['public', 'extensions']),
      maxRows: at('api.max_rows', 1000),
    },
    db: { port: portFromEnvironment('TRADEBASE_DB_PORT') ?? at('db.port', 54322) },
    auth: {
      siteUrl: at('auth.site_url', 'http://127.0.0.1:3000'),
      redirectUrls: at<string[]>('auth.additional_redirect_urls', []),
      jwtExpirySeconds: at('auth.jwt_expiry', 3600),
      refreshTokenRotation: at('auth.enable_refresh_token_rotation', true),
      refreshTokenReuseIntervalSeconds: at('auth.refresh_token_reuse_interval', 10),
      signupEnabled: at('auth.enable_signup', true),
      anonymousSignIns: at('auth.enable_anonymous_sign_ins', false),
      minimumPasswordLength: at('auth.minimum_password_length', 6),
      email: {
        signupEnabled: at('auth.email.enabled', true),
        confirmations: at('auth.email.enable_confirmations', false),
        otpLength: at('auth.email.otp_length', 6),
        otpExpirySeconds: at('auth.email.otp_expiry', 3600),
        doubleConfirmChanges: at('auth.email.double_confirm_changes', true),
        securePasswordChange: at('auth.email.secure_password_change', false),
        requireCurrentPassword: at('auth.email.require_current_password', false),
        maxFrequencyMs: duration('auth.email.max_frequency', '1s'),
        notices: {
          passwordChanged: at('auth.email.notification.password_changed.enabled', false),
          emailChanged: at('auth.email.notification.email_changed.enabled', false),
        },
      },
      rateLimits: {
        tokenRefresh: rate('auth.rate_limit.token_refresh', 150),
        signInSignUps: rate('auth.rate_limit.sign_in_sign_ups', 30),
        tokenVerifications: rate('auth.rate_limit.token_verifications', 30),
        emailSent: 'email_sent' in at('auth.rate_limit', {}) ? at('auth.rate_limit.email_sent', 0) : undefined,
      },
      mfa: {
        maxEnrolledFactors: at('auth.mfa.max_enrolled_factors', 10),
        totp: {
          enrollEnabled: at('auth.mfa.totp.enroll_enabled', false),
          verifyEnabled: at('auth.mfa.totp.verify_enabled', false),
        },
      },
      hooks: mapTables(at('auth.hook', {}), (hook) => ({
        enabled: hook.enabled === true,
        uri: String(hook.uri ?? ''),
      })),
    },
    functions: mapTables(at('functions', {}), (entry) => ({
      enabled: entry.enabled !== false,
      verifyJwt: entry.verify_jwt !== false,
    })),
  };
}

/** The nearest folder at or above `from` that holds supabase/config.toml. */
export function findProjectDir(from: string): string {
  for (let dir = from; ; dir = dirname(dir)) {
    if (existsSync(join(dir, 'supabase', 'config.toml'))) return dir;
    if (dir === dirname(dir)) throw new Error(`no supabase/config.toml in ${from} or above it`);
  }
}

/** A port set for this run alone: to run a second stack beside the first. */
function portFromEnvironment(name: string): number | undefined {
  const text = process.env[name];
  if (text === undefined) return undefined;
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    throw new Error(`${name}=${text}: must be a port, 1 to 65535`);
  return port;
}

function parseFile(path: string): TomlTable {
  try {
    return parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new Error(`cannot read ${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function reader(root: TomlTable, path: string) {
  return <T>(key: string, fallback: T): T => {
    let value: unknown = root;
    for (const part of key.split('.')) value = isTable(value) ? value[part] : undefined;
    if (value === undefined) return fallback;
    if (typeof value !== typeof fallback || Array.isArray(value) !== Array.isArray(fallback)) {
      throw new Error(`${path}: ${key} must be ${Array.isArray(fallback) ? 'a list' : `a ${typeof fallback}`}`);
    }
    return value as T;
  };
}

function mapTables<T>(table: object, map: (entry: Record<string, unknown>) => T): Record<string, T> {
  return Object.fromEntries(
    Object.entries(table)
      .filter((entry): entry is [string, Record<string, unknown>] => isTable(entry[1]))
      .map(([name, entry]) => [name, map(entry)]),
  );
}

function isTable(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
