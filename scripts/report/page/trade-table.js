/* The table of trades: sorted by a click on a heading, fifty to a page. Cells are text, never markup. */
const PAGE_ROWS = 50;

/** Rows in the order of one column; nulls come last, and ties stay in order of time. */
function sortTrades(rows, column, isDescending) {
  const sign = isDescending ? -1 : 1;
  return rows.toSorted((a, b) => {
    const [left, right] = [a[column], b[column]];
    if (left === right) return a[0] - b[0];
    if (left === null) return 1;
    if (right === null) return -1;
    return left < right ? -sign : sign;
  });
}

function tradeTexts({ decimals, isIntraday }) {
  const fixed = (digits, sign = 'auto') => {
    const style = { minimumFractionDigits: digits, maximumFractionDigits: digits, signDisplay: sign };
    const format = new Intl.NumberFormat('en-US', style);
    return (value) => (value === null ? 'n/a' : format.format(value));
  };
  const time = (at) => {
    const iso = new Date(at).toISOString();
    return isIntraday ? `${iso.slice(0, 10)} ${iso.slice(11, 16)}` : iso.slice(0, 10);
  };
  const [whole, money, price] = [fixed(0), fixed(decimals.money), fixed(decimals.price)];
  const signedMoney = fixed(decimals.money, 'exceptZero');
  const signedPercent = fixed(2, 'exceptZero');
  const percent = (value) => (value === null ? 'n/a' : `${signedPercent(value)}%`);
  return [
    whole,
    String,
    time,
    time,
    whole,
    price,
    price,
    fixed(decimals.quantity),
    money,
    signedMoney,
    percent,
    percent,
    percent,
    String,
  ];
}

function showTrades(data) {
  const table = document.getElementById('trade-table');
  if (!table) return;
  const body = table.querySelector('tbody');
  const headings = [...table.querySelectorAll('thead th')];
  const [previous, next] = ['previous-page', 'next-page'].map((id) => document.getElementById(id));
  const texts = tradeTexts(data);
  let sorted = data.trades;
  let column = 0;
  let isDescending = false;
  let page = 0;

  function rowOf(trade) {
    const row = document.createElement('tr');
    trade.forEach((value, index) => {
      const cell = document.createElement('td');
      cell.textContent = texts[index](value);
      if (index === 9 || index === 10) cell.className = trade[9] > 0 ? 'gain' : trade[9] < 0 ? 'loss' : '';
      row.append(cell);
    });
    return row;
  }

  function show() {
    const start = page * PAGE_ROWS;
    const end = Math.min(sorted.length, start + PAGE_ROWS);
    body.replaceChildren(...sorted.slice(start, end).map(rowOf));
    document.getElementById('page-range').textContent = `${start + 1} to ${end} of ${sorted.length}`;
    previous.disabled = page === 0;
    next.disabled = end === sorted.length;
    headings.forEach((heading, index) => {
      heading.setAttribute('aria-sort', index !== column ? 'none' : isDescending ? 'descending' : 'ascending');
    });
  }

  headings.forEach((heading, index) => {
    heading.querySelector('button').addEventListener('click', () => {
      isDescending = index === column ? !isDescending : false;
      column = index;
      sorted = sortTrades(data.trades, column, isDescending);
      page = 0;
      show();
    });
  });
  previous.addEventListener('click', () => {
    page--;
    show();
  });
  next.addEventListener('click', () => {
    page++;
    show();
  });
  show();
}

showTrades(JSON.parse(document.getElementById('report-data').textContent));
