import { createReadStream, readFileSync } from 'node:fs';
import { CANDLE_COLUMNS } from '@tradebase/contracts';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatCandleCsv, parseCandleCsv, syntheticCandles } from '../src/index.ts';
import { parseTimestamp } from '../src/parse-timestamp.ts';
import { scanDecimal } from '../src/scan-decimal.ts';
import { scanTimestamp } from '../src/scan-timestamp.ts';
import { CANDLE_FILES, candleFile, HAVE_CANDLE_FILES } from './support/candle-files.ts';
import { csvOf, dailyRow, dailyRows, pieces } from './support/pieces.ts';

type Row = number[];

async function parseAll(source: AsyncIterable<Uint8Array>, options = {}): Promise<Row[]> {
  const rows: Row[] = [];
  for await (const { columns, count } of parseCandleCsv(source, options)) {
    for (let i = 0; i < count; i++) rows.push(CANDLE_COLUMNS.map((column) => columns[column][i] ?? Number.NaN));
  }
  return rows;
}

async function errorOf(text: string, options = {}): Promise<unknown> {
  return parseAll(pieces(text), options).catch((error) => error);
}

describe('numbers', () => {
  const decimalText = fc.oneof(
    fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }).map(String),
    fc
      .tuple(fc.bigInt({ min: 0n, max: 10n ** 21n }), fc.bigInt({ min: 0n, max: 10n ** 24n }))
      .map(([a, b]) => `${a}.${b}`),
    fc.tuple(fc.nat(), fc.stringMatching(/^\d{0,25}$/)).map(([a, b]) => `${a}.${b}`),
    fc.stringMatching(/^\d{1,20}$/),
    fc.stringMatching(/^0{0,5}\.\d{1,20}$/),
  );

  test('are bit for bit what Number makes of them, wherever the fast scan takes them', () => {
    const into = new Float64Array(1);
    fc.assert(
      fc.property(decimalText, (text) => {
        const end = scanDecimal(Buffer.from(`${text},`), 0, into, 0);
        if (end === text.length) expect(Object.is(into[0], Number(text))).toBe(true);
      }),
      { numRuns: 20_000 },
    );
  });

  test.each(['', '.', '-1', '1e5', 'abc', '9007199254740993', `0.${'1'.repeat(23)}`])(
    '%j is not for the fast scan',
    (text) => {
      const end = scanDecimal(Buffer.from(`${text},`), 0, new Float64Array(1), 0);
      expect(end === text.length && text !== '').toBe(false);
    },
  );

  test('of a whole row are what Number makes of them, in any notation', async () => {
    const price = fc.double({ min: 1e-300, max: 1e300, noNaN: true });
    const notation = fc.constantFrom(
      String,
      (x: number) => x.toExponential(),
      (x: number) => `+${x}`,
    );
    await fc.assert(
      fc.asyncProperty(price, notation, fc.double({ min: 0, max: 1e308, noNaN: true }), async (x, write, volume) => {
        const text = write(x);
        const rows = await parseAll(
          pieces(csvOf([`2024-01-01T00:00:00Z,${text},${text},${text},${text},${write(volume)}`])),
        );
        expect(rows).toEqual([[Date.UTC(2024, 0, 1), x, x, x, x, volume]]);
      }),
    );
  });
});

describe('times', () => {
  const someTime = fc.date({
    min: new Date('1900-01-01T00:00:00Z'),
    max: new Date('2199-12-31T23:59:59.999Z'),
    noInvalidDate: true,
  });

  test('are what Date.parse makes of them, in the fast scan and in the careful one', () => {
    const into = new Float64Array(1);
    fc.assert(
      fc.property(someTime, fc.boolean(), (date, withMilliseconds) => {
        const text = withMilliseconds ? date.toISOString() : date.toISOString().replace(/\.\d+/, '');
        expect(scanTimestamp(Buffer.from(`${text},`), 0, into, 0)).toBe(text.length);
        expect(into[0]).toBe(Date.parse(text));
        expect(parseTimestamp(text)).toBe(Date.parse(text));
      }),
      { numRuns: 5000 },
    );
  });

  test.each([
    ['2024-01-31T09:30:00+05:30', '2024-01-31T04:00:00Z'],
    ['2024-01-31 09:30:00-05', '2024-01-31T14:30:00Z'],
    ['2024-01-31T09:30Z', '2024-01-31T09:30:00Z'],
    ['2024-02-29', '2024-02-29T00:00:00Z'],
    ['2024-01-31T09:30:00.250000Z', '2024-01-31T09:30:00.250Z'],
    ['1706693400', '2024-01-31T09:30:00Z'],
    ['1706693400250', '2024-01-31T09:30:00.250Z'],
    ['999999999', '2001-09-09T01:46:39Z'],
  ])('%s is %s', async (text, utc) => {
    const rows = await parseAll(pieces(csvOf([`${text},1,1,1,1,0`])));
    expect(rows[0]?.[0]).toBe(Date.parse(utc));
  });

  test.each([
    '2023-02-29T00:00:00Z',
    '2024-04-31T00:00:00Z',
    '2024-13-01T00:00:00Z',
    '2024-00-10T00:00:00Z',
    '2024-01-01T24:00:00Z',
    '2024-01-01T00:60:00Z',
    '2024-01-01T00:00:00',
    '2024-01-01T00:00:00.1234Z',
    '2024-01-01T00:00:00+19:00',
    '1899-12-31T00:00:00Z',
    '2200-01-01T00:00:00Z',
    '17066934001',
    '0',
    '',
    'yesterday',
  ])('%j is refused', async (text) => {
    const error = await errorOf(csvOf([dailyRow(0), `${text},1,1,1,1,0`]));
    expect(error).toMatchObject({ code: 'bad_timestamp', details: { line: 3, column: 'ts' } });
  });
});

describe('a file', () => {
  const text = csvOf([
    ...dailyRows(0, 20),
    '2024-02-01T00:00:00+01:00,1e1,10.5,9.75,+10,0',
    '2024-02-02T00:00:00Z,0.1,0.30000000000000004,0.1,0.2,123456789012345678',
  ]);

  test('reads the same however it is cut, in batches of any size', async () => {
    const whole = await parseAll(pieces(text));
    expect(whole).toHaveLength(22);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat()),
        fc.integer({ min: 1, max: 30 }),
        fc.boolean(),
        async (cuts, batchSize, windows) => {
          const written = windows ? text.replaceAll('\n', '\r\n') : text;
          expect(await parseAll(pieces(written, cuts), { batchSize })).toEqual(whole);
        },
      ),
    );
  });

  test('reads the same byte by byte', async () => {
    const cuts = Array.from({ length: text.length }, (_, index) => index);
    expect(await parseAll(pieces(text, cuts))).toEqual(await parseAll(pieces(text)));
  });

  test('may lack its last line feed, end in empty lines and begin with a byte order mark', async () => {
    const rows = await parseAll(pieces(text));
    expect(await parseAll(pieces(text.trimEnd()))).toEqual(rows);
    expect(await parseAll(pieces(`${text}\n\r\n`))).toEqual(rows);
    expect(await parseAll(pieces(`\uFEFF${text}`))).toEqual(rows);
  });

  test('that was written from candles gives the same candles', async () => {
    const candles = syntheticCandles({ seed: 7, count: 10_000, start: Date.UTC(2020, 0, 1), timeframe: '1m' });
    const csv = Buffer.concat([...formatCandleCsv(candles)]).toString();
    const rows = await parseAll(pieces(csv));
    const expected = Array.from(candles.ts, (_, i) => CANDLE_COLUMNS.map((column) => candles[column][i]));
    expect(rows).toEqual(expected);
  });

  test.skipIf(!HAVE_CANDLE_FILES).each(CANDLE_FILES)('$file reads as Number and Date do', async ({ file, rows }) => {
    const lines = readFileSync(candleFile(file), 'utf8').trimEnd().split('\n').slice(1);
    const expected = lines.map((line) => line.split(',').map((cell, i) => (i === 0 ? Date.parse(cell) : Number(cell))));
    const parsed = await parseAll(createReadStream(candleFile(file), { highWaterMark: 1000 }));
    expect(parsed).toHaveLength(rows);
    expect(parsed).toEqual(expected);
  });
});

describe('a complaint names the line and what would be right', () => {
  const row = (cells: string) => csvOf([dailyRow(0), dailyRow(1), `2024-01-03T00:00:00Z,${cells}`, dailyRow(3)]);

  test.each([
    ['bad_row', '1,2,1,1', /5 columns; a row has 6/],
    ['bad_row', '1,2,1,1,0,9', /7 columns/],
    ['bad_number', 'x,2,1,1,0', /open is "x"/],
    ['bad_number', '1,,1,1,0', /high is ""/],
    ['bad_number', '1,2,NaN,1,0', /low is "NaN"/],
    ['bad_number', '1,2,1,Infinity,0', /close is "Infinity"/],
    ['bad_number', '1,2,1,1,0x10', /volume is "0x10"/],
    ['bad_number', '1,1e999,1,1,0', /high is "1e999"; write a finite/],
    ['bad_number', '1, 2,1,1,0', /high is " 2"/],
    ['bad_price', '0,2,0,1,0', /low is 0; prices are above 0/],
    ['bad_price', '1,2,-1,1,0', /low is -1/],
    ['bad_price', '0.5,2,1,1,0', /open 0.5 is below low 1/],
    ['bad_price', '1,2,1,0.5,0', /close 0.5 is below low 1/],
    ['bad_price', '3,2,1,1,0', /open 3 is above high 2/],
    ['bad_price', '1,2,1,3,0', /close 3 is above high 2/],
    ['bad_volume', '1,2,1,1,-5', /volume is -5; write 0 or more/],
  ])('%s: %s', async (code, cells, message) => {
    const error = await errorOf(row(cells));
    expect(error).toMatchObject({ name: 'CandleImportError', code, details: { line: 4 } });
    expect(String(error)).toMatch(/line 4: /);
    expect(String(error)).toMatch(message);
  });

  test('rows that are out of order and rows that come twice are different mistakes', async () => {
    expect(await errorOf(csvOf([dailyRow(0), dailyRow(2), dailyRow(1)]))).toMatchObject({
      code: 'unsorted_candles',
      message:
        'line 4: 2024-01-02T00:00:00.000Z comes after 2024-01-03T00:00:00.000Z; sort the rows by ts, oldest first',
    });
    expect(await errorOf(csvOf([dailyRow(0), dailyRow(1), dailyRow(1)]))).toMatchObject({
      code: 'duplicate_candle',
      details: { line: 4 },
    });
  });

  test('an empty line between rows', async () => {
    const error = await errorOf(csvOf([dailyRow(0), '', dailyRow(1)]));
    expect(error).toMatchObject({ code: 'bad_row', message: 'line 3: an empty line between rows; remove it' });
  });

  test.each([['time,o,h,l,c,v\n'], ['TS,Open,High,Low,Close,Volume\n'], ['\n'], ['{"ts":1}']])(
    'the header %j',
    async (text) => {
      expect(await errorOf(text)).toMatchObject({ code: 'bad_header', details: { line: 1 } });
    },
  );

  test('a file without rows', async () => {
    expect(await errorOf('')).toMatchObject({ code: 'empty_file', message: expect.stringMatching(/file is empty/) });
    expect(await errorOf(csvOf([]))).toMatchObject({ code: 'empty_file', message: expect.stringMatching(/no rows/) });
  });

  test('a line and a file that are too long', async () => {
    expect(await errorOf(csvOf([dailyRow(0), '9'.repeat(600)]))).toMatchObject({
      code: 'bad_row',
      details: { line: 3 },
    });
    expect(await errorOf('x'.repeat(100_000))).toMatchObject({ code: 'bad_row', details: { line: 1 } });
    expect(await errorOf(csvOf(dailyRows(0, 100)), { maxBytes: 1000 })).toMatchObject({ code: 'file_too_large' });
  });

  test('the same line whichever way the file is cut', async () => {
    const text = row('1,2,1,3,0');
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat()), async (cuts) => {
        const error = await parseAll(pieces(text, cuts), { batchSize: 2 }).catch((caught) => caught);
        expect(error).toMatchObject({ code: 'bad_price', details: { line: 4 } });
      }),
    );
  });
});
