const charts = document.querySelector('.charts');
const json = document.getElementById('points');
if (charts && json) followPointer(charts, JSON.parse(json.textContent));

function followPointer(charts, { x, equity_y, drawdown_y, readings }) {
  const last = x.length - 1;
  const plot = charts.querySelector('.plot');
  const fields = ['at', 'equity', 'drawdown', 'fills'].map((name) => document.getElementById(`reading-${name}`));
  const crosshairs = [
    { mark: document.querySelector('#equity-chart > .crosshair'), y: equity_y },
    { mark: document.querySelector('#drawdown-chart > .crosshair'), y: drawdown_y },
  ];
  let current = last;

  function read(index) {
    current = index;
    fields.forEach((field, column) => {
      field.textContent = readings[index][column];
    });
  }

  function show(index) {
    read(index);
    for (const { mark, y } of crosshairs) {
      const [line, dot] = mark.children;
      const left = `${x[index] * 100}%`;
      line.setAttribute('x1', left);
      line.setAttribute('x2', left);
      dot.setAttribute('cx', left);
      dot.setAttribute('cy', `${y[index] * 100}%`);
      mark.setAttribute('visibility', 'visible');
    }
  }

  function hide() {
    read(last);
    for (const { mark } of crosshairs) mark.setAttribute('visibility', 'hidden');
  }

  function nearest(share) {
    let low = 0;
    let high = last;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (x[middle] <= share) low = middle;
      else high = middle;
    }
    return share - x[low] <= x[high] - share ? low : high;
  }

  function point(event) {
    const { left, width } = plot.getBoundingClientRect();
    show(nearest((event.clientX - left) / width));
  }

  function step(event) {
    const stride = event.shiftKey ? 20 : 1;
    const target = { ArrowLeft: current - stride, ArrowRight: current + stride, Home: 0, End: last }[event.key];
    if (event.key === 'Escape') hide();
    if (target === undefined) return;
    event.preventDefault();
    show(Math.min(last, Math.max(0, target)));
  }

  charts.addEventListener('pointermove', point);
  charts.addEventListener('pointerdown', point);
  charts.addEventListener('pointerleave', hide);
  charts.addEventListener('keydown', step);
  charts.addEventListener('blur', hide);
  hide();
}
