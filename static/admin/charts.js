// Draws what the tables of the dashboard say; the tables stay for those who read, and for those without scripts.
(() => {
  "use strict";
  const colour = (name) => {
    const probe = document.createElement("span");
    probe.style.color = `var(${name})`;
    document.body.append(probe);
    // A canvas knows fewer ways to write a colour than a style sheet.
    const pen = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
    pen.fillStyle = getComputedStyle(probe).color;
    probe.remove();
    pen.fillRect(0, 0, 1, 1);
    const [red, green, blue] = pen.getImageData(0, 0, 1, 1).data;
    return `rgb(${red}, ${green}, ${blue})`;
  };

  const rows = (section) => [...section.querySelectorAll("tbody tr")].map((row) => ({
    label: row.cells[0].textContent,
    number: Number(row.cells[1].dataset.number),
    url: row.querySelector("a").href,
  }));

  // Time runs as the page is read.
  const back = document.documentElement.dir === "rtl";
  const options = (days, paint) => ({
    animation: false,
    maintainAspectRatio: false,
    onClick: (_event, found) => { if (found.length) { window.location.assign(days[found[0].index].url); } },
    onHover: (event, found) => { event.native.target.style.cursor = found.length ? "pointer" : "default"; },
    layout: { padding: { right: back ? 16 : 0 } },
    interaction: { mode: "index", intersect: false },
    plugins: { legend: { display: false }, tooltip: { displayColors: false, rtl: back } },
    scales: {
      x: {
        reverse: back,
        grid: { display: false },
        border: { color: paint.edge },
        ticks: { color: paint.quiet, maxTicksLimit: 5, maxRotation: 0, autoSkip: true, autoSkipPadding: 12 },
      },
      y: {
        position: back ? "right" : "left",
        beginAtZero: true,
        border: { display: false },
        grid: { color: paint.edge },
        ticks: { color: paint.quiet, maxTicksLimit: 4, precision: 0 },
      },
    },
  });

  const draw = (place) => {
    const days = rows(place.closest("section"));
    const paint = { bar: colour("--accent"), dark: colour("--link"), quiet: colour("--quiet"), edge: colour("--edge") };
    place.hidden = false;
    window.Chart.getChart(place.firstElementChild)?.destroy();
    new window.Chart(place.firstElementChild, {
      type: "bar",
      data: {
        labels: days.map((day) => day.label),
        datasets: [{
          data: days.map((day) => day.number),
          backgroundColor: paint.bar,
          hoverBackgroundColor: paint.dark,
          borderRadius: 3,
          maxBarThickness: 18,
        }],
      },
      options: options(days, paint),
    });
  };

  const all = () => document.querySelectorAll("[data-trend]").forEach(draw);
  all();
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", all);
})();
