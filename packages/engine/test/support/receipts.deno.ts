import { receiptsOfRuns } from './receipts-of-runs.ts';

console.log(JSON.stringify(receiptsOfRuns()));
