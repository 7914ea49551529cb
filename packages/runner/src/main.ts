#!/usr/bin/env node
process.stderr.write('tradebase-runner cannot execute bots yet\n');
process.exitCode = 1;
