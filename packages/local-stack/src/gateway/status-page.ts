import type { StackContext } from '../stack-context.ts';

/** The page at the gateway's root: where everything is. It shows no secret. */
export function statusPage({ apiUrl, config, keys }: StackContext, realtimeSummary: string): string {
  const functions = Object.keys(config.functions).map((name) => `${apiUrl}/functions/v1/${name}`);
  const rows: [string, string][] = [
    ['API URL', apiUrl],
    ['Publishable key', keys.publishableKey],
    ['Data API', `${apiUrl}/rest/v1/`],
    ['Auth', `${apiUrl}/auth/v1/`],
    ['Realtime', `${apiUrl.replace('http', 'ws')}/realtime/v1/websocket`],
    ['Realtime now', realtimeSummary],
    ...functions.map((url): [string, string] => ['Function', url]),
    ['E-mails sent', `<a href="/inbox">${apiUrl}/inbox</a>`],
  ];
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>${config.projectId}: local Supabase</title>
<style>body{font:16px/1.5 system-ui;margin:3rem auto;max-width:52rem;padding:0 1rem;color:#1c2733}
table{border-collapse:collapse}td{padding:.4rem 1.5rem .4rem 0;border-bottom:1px solid #dde3ea}code{font-size:.9em}</style>
<h1>${config.projectId}</h1><p>Supabase from npm packages, for development. Secret keys: <code>npm run stack -- status</code>.</p>
<table>${rows.map(([name, value]) => `<tr><td>${name}</td><td><code>${value}</code></td></tr>`).join('')}</table></html>`;
}
