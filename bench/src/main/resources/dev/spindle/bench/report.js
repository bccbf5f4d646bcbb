"use strict";
(() => {
  const {result, baseline, changes} = JSON.parse(document.getElementById("data").textContent);
  const peak = result.roofs.fmaGflops;
  const byteGops = result.roofs.byteGops;
  const measured = result.runners;
  const BUSY = 0.05; // more than this share in the hands of others shows in the figures
  const hidden = new Set(); // backends and kinds that the reader has switched off

  // Shapes in a box of 12: the plot and its filters draw the same.
  const KINDS = {
    "1x1": "M6 0.5A5.5 5.5 0 1 0 6 11.5A5.5 5.5 0 1 0 6 0.5z",
    "depthwise": "M6 0.5L12 11H0z",
    "stem": "M6 0L12 6L6 12L0 6z",
    "dense": "M4.2 0h3.6v4.2h4.2v3.6h-4.2v4.2h-3.6v-4.2h-4.2v-3.6h4.2z",
    "block": "M1 1h10v10H1z"
  };
  const kinds = Object.keys(KINDS).filter(kind => result.layers.some(layer => layer.kind === kind));

  // ---- text ----

  const byId = id => document.getElementById(id);

  function element(tag, properties, ...children) {
    const made = Object.assign(document.createElement(tag), properties);
    made.append(...children);
    return made;
  }

  /** Three significant digits, without exponents. */
  function digits(value) {
    if (!Number.isFinite(value)) {
      return "∞";
    }
    const places = value === 0 ? 0 : 2 - Math.floor(Math.log10(Math.abs(value)));
    return value.toFixed(Math.min(4, Math.max(0, places)));
  }

  const percent = share => `${(100 * share).toFixed(share < 0.0995 ? 1 : 0)} %`;
  const range = score => `${digits(score.mean)} (${digits(score.low)} to ${digits(score.high)})`;

  function bytes(count) {
    for (const [unit, size] of [["GiB", 2 ** 30], ["MiB", 2 ** 20], ["KiB", 2 ** 10]]) {
      if (count >= size) {
        return `${digits(count / size)} ${unit}`;
      }
    }
    return `${count} B`;
  }

  const labelOf = layer => layer.shape ? `${layer.name} ${layer.shape}` : layer.name;
  const rate = (layer, score) => layer.flops / score.mean * 1e-3;

  // A runner is a backend, perhaps in integers. Where it multiplies bytes, maps and weights are bytes, too.
  const inIntegers = runner => runner.endsWith(":int8");
  const backendOf = runner => runner.replace(":int8", "");
  const multipliesBytes = runner => inIntegers(runner) && backendOf(runner) in byteGops;
  const unitOf = runner => inIntegers(runner) ? "GOP/s" : "GFLOP/s";
  const peakOf = runner => multipliesBytes(runner) ? byteGops[backendOf(runner)] : peak;
  const peakNameOf = runner => multipliesBytes(runner) ? "the peak of products of bytes" : "the FMA peak";
  const bytesOf = (layer, runner) => multipliesBytes(runner) ? layer.integerBytes : layer.bytes;
  const intensity = (layer, runner = "") => layer.flops / bytesOf(layer, runner);

  function networkLabel({width, resolution, batch, threads}) {
    const many = batch === 1 ? "" : `, batch ${batch}`;
    return `${width.toFixed(width * 10 % 1 ? 2 : 1)} at ${resolution}, ${threads} ${threads === 1 ? "thread" : "threads"}${many}`;
  }

  const colour = name => getComputedStyle(document.documentElement).getPropertyValue(`--${backendOf(name)}`).trim();

  /** A layer's figures on a runner, for hovering. */
  function layerLines(layer, runner) {
    const score = layer.micros[runner];
    return [
      `${runner}: ${digits(rate(layer, score))} ${unitOf(runner)}, `
          + `${percent(rate(layer, score) / peakOf(runner))} of ${peakNameOf(runner)}`,
      `${range(score)} µs over ${score.count} iterations`,
      `${digits(intensity(layer, runner))} FLOP/byte: ${digits(layer.flops * 1e-6)} MFLOP, ${bytes(bytesOf(layer, runner))}`
    ];
  }

  function tip(title, lines) {
    return element("div", {className: "tip"},
        element("strong", {textContent: title}), ...lines.map(line => element("div", {textContent: line})));
  }

  // ---- head, machine, notes ----

  function fact(term, text) {
    return element("div", {}, element("dt", {textContent: term}), element("dd", {textContent: text}));
  }

  function writeHead() {
    const machine = result.machine;
    byId("subtitle").textContent = `${machine.processor} · ${machine.java} · `
        + `${new Date(result.date).toLocaleString("en-GB", {dateStyle: "long", timeStyle: "short", timeZone: "UTC"})} UTC`
        + (result.quick ? " · quick run" : "");
    const caches = machine.caches.map(cache => `L${cache.level} ${bytes(cache.bytes)}`).join(", ");
    byId("machine").append(
        fact("Processor", `${machine.processor}, ${machine.cores} cores`),
        fact("Processors for the JVM", `${machine.logicalProcessors}`),
        fact("Memory", `${bytes(machine.memoryBytes)}; data caches ${caches || "unknown"}`),
        fact("System", machine.system),
        fact("Java", machine.java),
        fact("Options of the JVM", machine.javaOptions.join(" ") || "none"),
        fact("FMA peak of one core", `${digits(peak)} GFLOP/s with ${result.roofs.vectorBits}-bit vectors`),
        fact("Products of bytes of one core", Object.entries(byteGops)
            .map(([backend, gops]) => `${backend} ${digits(gops)}`).join(", ") + " GOP/s"),
        fact("Read bandwidth of one core", result.roofs.bandwidths
            .map(roof => `${roof.level} ${digits(roof.gigabytesPerSecond)}`).join(", ") + " GB/s"),
        fact("Other processes used", result.otherLoad === "NaN"
            ? "unknown" : `${percent(result.otherLoad)} of the processors meanwhile`));
    for (const backend of result.backends) {
      const here = !backend.supported ? "cannot run"
          : backend.chosen ? "chosen by default" : backend.measured ? "measured" : "not measured";
      byId("backends").tBodies[0].append(element("tr", {className: backend.chosen ? "chosen" : ""},
          element("td", {textContent: backend.name}),
          element("td", {textContent: here, className: backend.supported ? "" : "none"}),
          element("td", {textContent: backend.reason})));
    }
  }

  function writeNotices() {
    const notices = result.failures.map(failure => `${failure.step}: ${failure.reason}`);
    if (result.stepsLeft > 0) {
      notices.push(`The run was not over when this was written: ${result.stepsLeft} steps are missing.`);
    }
    if (result.otherLoad > BUSY) {
      notices.push(`Other processes used ${percent(result.otherLoad)} of the processors meanwhile: times are longer than they `
          + "need be, those of several threads most of all.");
    }
    if (notices.length > 0) {
      byId("notices").hidden = false;
      byId("notices").append(element("strong", {textContent: "Read with care"}),
          element("ul", {}, ...notices.map(text => element("li", {textContent: text}))));
    }
  }

  function writeNotes() {
    const levels = result.roofs.bandwidths.map(roof => `${roof.level} ${bytes(roof.bytes)}`).join(", ");
    const notes = [
      "A multiply-accumulate counts as two operations.",
      `Roofs are the best of many short stretches, taken before and after the rest. Working sets of the bandwidths: ${levels}.`,
      "Layers run one after another as in a real call, on one thread: caches are what the layer before leaves, and one JVM has "
          + "compiled what all layers share. A layer's figure is the mean over iterations of each iteration's median.",
      "Bytes are what a layer must move if it finds none of its data in a cache: input, weights, output, and what is added. In "
          + "a block, the wide maps between its convolutions count nothing.",
      "In integers, native code multiplies bytes, and its rates are shares of the peak of that. The Vector API's backends "
          + "compute the same integers in fp32, on maps of floats, and theirs are shares of the FMA peak.",
      "Blocks run as Spindle plans them: fused where that is faster. The stem counts as part of the first block.",
      result.quick
          ? "A quick run has one JVM a step: how code and arrays happen to lie differs from JVM to JVM, and no interval here "
              + "knows of that. Leave --quick out for five."
          : "Every step ran in several JVMs, since code and arrays lie differently in each.",
      "Every implementation's output was checked against another's before it was timed."
    ];
    byId("notes").append(...notes.map(text => element("li", {textContent: text})));
  }

  // ---- tables ----

  /**
   * Fills a table that sorts by a click on its header. A column: title, unit, text (aligned left), backend if it is one's,
   * value(row) to sort by, and cell(row), which makes the td.
   */
  function fill(table, columns, rows) {
    const body = element("tbody", {});
    const heads = columns.map(column => {
      const button = element("button", {type: "button", textContent: column.title});
      const head = element("th", {scope: "col", className: column.text ? "text" : ""}, button);
      if (column.unit) {
        head.append(element("small", {textContent: column.unit}));
      }
      button.addEventListener("click", () => sortBy(column, head));
      if (column.backend) {
        head.dataset.backend = column.backend;
      }
      return head;
    });
    const entries = rows.map(row => ({row, tr: element("tr", {}, ...columns.map(column => {
      const td = column.cell(row);
      td.classList.toggle("text", Boolean(column.text));
      if (column.backend) {
        td.dataset.backend = column.backend;
      }
      return td;
    }))}));
    entries.forEach(({row, tr}) => {
      if (row.kind) {
        tr.dataset.kind = row.kind;
      }
    });

    function sortBy(column, head) {
      const descending = head.ariaSort ? head.ariaSort === "ascending" : !column.text;
      heads.forEach(other => other.removeAttribute("aria-sort"));
      head.ariaSort = descending ? "descending" : "ascending";
      const order = (a, b) => typeof a === "string" ? a.localeCompare(b, "en", {numeric: true}) : a - b;
      const known = entry => column.value(entry.row) !== undefined;
      const sorted = entries.filter(known).sort((a, b) => order(column.value(a.row), column.value(b.row)));
      body.append(...(descending ? sorted.reverse() : sorted).concat(entries.filter(entry => !known(entry))).map(({tr}) => tr));
    }

    body.append(...entries.map(({tr}) => tr));
    table.append(element("thead", {}, element("tr", {}, ...heads)), body);
  }

  const textColumn = (title, value) => (
      {title, text: true, value, cell: row => element("td", {textContent: value(row)})});
  const numberColumn = (title, value) => (
      {title, value, cell: row => element("td", {textContent: digits(value(row))})});
  const empty = () => element("td", {textContent: "–", className: "none"});

  function rateCell(layer, backend) {
    const score = layer.micros[backend];
    if (!score) {
      return empty();
    }
    const title = [labelOf(layer), ...layerLines(layer, backend)].join("\n");
    if (layer.flops === 0) {
      return element("td", {textContent: `${digits(score.mean)} µs`, title});
    }
    const share = rate(layer, score) / peakOf(backend);
    const cell = element("td", {className: "bar", title}, digits(rate(layer, score)),
        element("span", {className: "second", textContent: percent(share)}));
    cell.style.setProperty("--share", `${Math.min(100, 100 * share)}%`);
    return cell;
  }

  function writeLayers() {
    byId("layers-caption").textContent = "MobileNetV2 " + networkLabel(result.profiled)
        + ": GFLOP/s, in integers GOP/s, and share of the peak by backend. Shape: pixels of the result, elements of each sum, "
        + "channels of the result, stride. Hover for times.";
    fill(byId("layers"), [
      textColumn("Layer", layer => layer.name),
      textColumn("Kind", layer => layer.kind),
      textColumn("Shape", layer => layer.shape),
      {title: "Times", value: layer => layer.count, cell: layer => element("td", {textContent: layer.count})},
      numberColumn("MFLOP", layer => layer.flops * 1e-6),
      numberColumn("FLOP/byte", layer => intensity(layer)),
      ...measured.map(backend => ({
        title: backend,
        unit: `${unitOf(backend)}, of peak`,
        backend,
        value: layer => layer.micros[backend] && layer.flops ? rate(layer, layer.micros[backend]) : undefined,
        cell: layer => rateCell(layer, backend)
      }))
    ], result.layers);
    const layers = result.layers.filter(layer => layer.kind !== "block");
    const sums = measured.map(backend => {
      if (layers.some(layer => !layer.micros[backend])) {
        return empty();
      }
      const micros = layers.reduce((sum, layer) => sum + layer.count * layer.micros[backend].mean, 0);
      return element("td", {textContent: `${digits(micros * 1e-3)} ms`});
    });
    sums.forEach((cell, i) => { cell.dataset.backend = measured[i]; });
    byId("layers").append(element("tfoot", {}, element("tr", {},
        element("td", {className: "text", colSpan: 6, textContent: "All layers, one by one"}), ...sums)));
  }

  function writeNetworks() {
    const networks = result.networks;
    const peers = peerNames();
    byId("reference").textContent = networks.length > 0 ? networks[0].reference : "the reference";
    fill(byId("networks"), [
      textColumn("Network", row => networkLabel(row.network)),
      ...peers.map(name => ({
        title: name,
        unit: "ms, ratio",
        value: row => row.peers[name] && row.peers[name].median / row.network.batch,
        cell: row => {
          const peer = row.peers[name];
          if (!peer) {
            return empty();
          }
          return element("td", {title: peerLines(row, name).join("\n")}, digits(peer.median / row.network.batch),
              element("span", {className: `second ${peer.ratio < 1 ? "faster" : ""}`, textContent: peer.ratio.toFixed(2)}));
        }
      }))
    ], networks);
  }

  function writeFirstCalls() {
    fill(byId("first-calls"), [
      textColumn("Who", row => row.label),
      ...[1, 10, 100, 1000].map(number => {
        const value = row => row.millis[row.numbers.indexOf(number)];
        return {
          title: `Call ${number}`, unit: "ms", value,
          cell: row => value(row) === undefined ? empty() : element("td", {textContent: digits(value(row))})
        };
      })
    ], result.firstCalls);
  }

  function peerNames() {
    const names = new Set(result.networks.flatMap(row => Object.keys(row.peers)));
    return [...names].sort((a, b) => measured.indexOf(a) - measured.indexOf(b));
  }

  function peerLines(row, name) {
    const peer = row.peers[name];
    return [
      `${name}: median ${digits(peer.median)} ms a call, ${digits(row.flops / peer.median * 1e-6)} GFLOP/s`,
      `${peer.ratio.toFixed(3)} of ${row.reference}'s time, quartiles ${peer.lowerQuartile.toFixed(3)} and `
          + `${peer.upperQuartile.toFixed(3)} over ${peer.millis.count} rounds`
    ];
  }

  function writeChanges() {
    if (!baseline) {
      return;
    }
    byId("changes-section").hidden = false;
    const count = verdict => changes.filter(change => change.verdict === verdict).length;
    byId("baseline").textContent = `Before: ${baseline.date}, ${baseline.machine.processor}, ${baseline.machine.java}, FMA peak `
        + `${digits(baseline.roofs.fmaGflops)} GFLOP/s (now ${digits(peak)}). Of ${changes.length} figures ${count("FASTER")} are `
        + `faster, ${count("SLOWER")} slower, ${count("NOISE")} within the noise.`;
    const words = {FASTER: "faster", SLOWER: "slower", NOISE: "within the noise"};
    fill(byId("changes"), [
      textColumn("What", change => change.what),
      textColumn("On", change => change.runner),
      {title: "Before", value: change => change.before.mean,
        cell: change => element("td", {textContent: `${digits(change.before.mean)} ${change.unit}`, title: range(change.before)})},
      {title: "Now", value: change => change.now.mean,
        cell: change => element("td", {textContent: `${digits(change.now.mean)} ${change.unit}`, title: range(change.now)})},
      {title: "Ratio", value: change => change.ratio,
        cell: change => element("td", {textContent: change.ratio.toFixed(3)})},
      {title: "Range", value: change => Number(change.high) - change.low,
        cell: change => element("td", {textContent: `${change.low.toFixed(2)} to ${
            Number.isFinite(Number(change.high)) ? Number(change.high).toFixed(2) : "∞"}`})},
      {title: "Verdict", text: true, value: change => words[change.verdict],
        cell: change => element("td", {textContent: words[change.verdict], className: change.verdict.toLowerCase()})}
    ], [...changes].sort((a, b) => (a.verdict === "NOISE") - (b.verdict === "NOISE")
        || Math.abs(Math.log(b.ratio)) - Math.abs(Math.log(a.ratio))));
  }

  // ---- filters ----

  function chip(name, path, colour, hollow) {
    const input = element("input", {type: "checkbox", checked: true});
    input.addEventListener("change", () => {
      hidden[input.checked ? "delete" : "add"](name);
      applyFilters();
      drawRoofline();
    });
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("viewBox", "0 0 12 12");
    const shape = document.createElementNS("http://www.w3.org/2000/svg", "path");
    shape.setAttribute("d", path);
    shape.style.fill = hollow ? "none" : colour;
    shape.style.stroke = hollow ? colour : "none";
    shape.style.strokeWidth = "2";
    svg.append(shape);
    return element("label", {}, input, svg, name);
  }

  function writeFilters() {
    byId("filters").append(
        element("fieldset", {ariaLabel: "Backends"},
            ...measured.map(name => chip(name, "M1 1h10v10H1z", `var(--${backendOf(name)})`, inIntegers(name)))),
        element("fieldset", {ariaLabel: "Kinds"}, ...kinds.map(kind => chip(kind, KINDS[kind], "var(--muted)", false))));
  }

  /** The table shows what the plot shows. */
  function applyFilters() {
    for (const cell of byId("layers").querySelectorAll("[data-backend]")) {
      cell.hidden = hidden.has(cell.dataset.backend);
    }
    for (const row of byId("layers").querySelectorAll("[data-kind]")) {
      row.hidden = hidden.has(row.dataset.kind);
    }
  }

  // ---- charts ----

  const charts = ["networks-chart", "roofline", "first-calls-chart"].map(id => echarts.init(byId(id), null, {renderer: "svg"}));
  const [networksChart, roofline, firstCallsChart] = charts;

  function look() {
    const style = getComputedStyle(document.body);
    return {
      animation: false,
      textStyle: {fontFamily: style.fontFamily, color: colour("text")},
      tooltip: {
        trigger: "item", confine: true, backgroundColor: colour("raised"), borderColor: colour("line"),
        textStyle: {color: colour("text")}
      }
    };
  }

  function axis(name, more) {
    return {
      name, nameLocation: "middle", nameTextStyle: {color: colour("muted"), fontSize: 13},
      axisLabel: {color: colour("muted"), fontSize: 12, hideOverlap: true},
      axisLine: {show: true, onZero: false, lineStyle: {color: colour("muted")}},
      splitLine: {lineStyle: {color: colour("line"), opacity: 0.6}},
      ...more
    };
  }

  /**
   * A logarithmic axis over powers of two around all values. Charts are drawn on exponents: the library's own logarithmic
   * axis rounds a bound below 1 to 0.
   */
  function logAxis(name, values, more) {
    const min = Math.floor(Math.log2(Math.min(...values)));
    const max = Math.ceil(Math.log2(Math.max(...values)));
    return axis(name, {
      type: "value", min, max, interval: 1,
      axisLabel: {color: colour("muted"), fontSize: 12, formatter: exponent => String(2 ** exponent)},
      ...more
    });
  }

  const GRID = {left: 64, right: 24, top: 20, bottom: 52};

  function drawRoofline() {
    const points = result.layers.filter(layer => layer.flops > 0 && !hidden.has(layer.kind));
    const all = result.layers.filter(layer => layer.flops > 0);
    const rates = all.flatMap(layer => Object.values(layer.micros).map(score => rate(layer, score)));
    const roofs = result.roofs.bandwidths;
    const bytePeak = Object.entries(byteGops).sort(([, a], [, b]) => b - a)[0];
    const highest = bytePeak ? bytePeak[1] : peak;
    const ridges = roofs.map(roof => peak / roof.gigabytesPerSecond);
    const intensities = measured.flatMap(runner => all.map(layer => intensity(layer, runner)));
    const xAxis = logAxis("Operational intensity, FLOP/byte",
        [...intensities, ...ridges].flatMap(value => [value / 2, value * 1.3]), {nameGap: 32});
    const yAxis = logAxis("GFLOP/s", [peak / 64, ...rates, peak * 1.15, highest * 1.15], {nameGap: 42});
    const log = point => point.map(Math.log2);

    const line = (name, points) => ({
      type: "line", name, data: points.map(log), silent: true, symbol: "none", z: 1,
      lineStyle: {color: colour("muted"), width: 1.4}
    });
    // Names stand along their lines, which climb one octave an octave.
    const climb = (roofline.getHeight() - GRID.top - GRID.bottom) / (yAxis.max - yAxis.min)
        / ((roofline.getWidth() - GRID.left - GRID.right) / (xAxis.max - xAxis.min));
    const slopes = roofs.map((roof, i) => {
      const from = Math.max(2 ** xAxis.min, 2 ** yAxis.min / roof.gigabytesPerSecond);
      const start = [from, from * roof.gigabytesPerSecond];
      return {
        ...line(roof.level, [start, [ridges[i] * highest / peak, highest]]),
        markPoint: {
          silent: true, symbol: "circle", symbolSize: 0, data: [{coord: log(start).map(exponent => exponent + 0.12)}],
          label: {
            show: true, position: "right", distance: 0, offset: [-4, -11], align: "left", verticalAlign: "middle",
            rotate: Math.atan(climb) * 180 / Math.PI, color: colour("text"), fontSize: 12,
            textBorderColor: colour("page"), textBorderWidth: 3,
            formatter: `${roof.level} ${digits(roof.gigabytesPerSecond)} GB/s`
          }
        }
      };
    });
    const flat = (name, height, text) => ({
      ...line(name, [[Math.min(...ridges) * height / peak, height], [2 ** xAxis.max, height]]),
      endLabel: {
        show: true, color: colour("text"), fontSize: 12, align: "right", offset: [-8, -12], formatter: text
      }
    });
    const flats = [flat("FMA", peak, `FMA peak ${digits(peak)} GFLOP/s, ${result.roofs.vectorBits}-bit vectors`)];
    if (bytePeak) {
      flats.push(flat("bytes", highest, `Products of bytes ${digits(highest)} GOP/s, ${bytePeak[0]}`));
    }
    const clouds = measured.map(backend => ({
      type: "scatter", name: backend, z: 3, symbolSize: 10,
      itemStyle: inIntegers(backend)
          ? {color: "transparent", borderColor: colour(backend), borderWidth: 1.6}
          : {color: colour(backend), opacity: 0.82, borderColor: colour("page"), borderWidth: 0.8},
      emphasis: {scale: 1.5, itemStyle: {opacity: 1}},
      data: hidden.has(backend) ? [] : points.filter(layer => layer.micros[backend]).map(layer => ({
        value: log([intensity(layer, backend), rate(layer, layer.micros[backend])]), symbol: `path://${KINDS[layer.kind]}`, layer
      }))
    }));
    roofline.setOption({
      ...look(),
      grid: GRID,
      xAxis,
      yAxis,
      tooltip: {
        ...look().tooltip,
        formatter: ({data, seriesName}) => tip(labelOf(data.layer), layerLines(data.layer, seriesName))
      },
      series: [...slopes, ...flats, ...clouds]
    }, {notMerge: true});
  }

  function drawNetworks() {
    const rows = [...result.networks].reverse();
    const peers = peerNames();
    const ratios = rows.flatMap(row => Object.values(row.peers).flatMap(peer => [peer.lowerQuartile, peer.upperQuartile]));
    const series = peers.flatMap(name => [{
      type: "line", name, silent: true, symbol: "none", connectNulls: false, z: 2,
      lineStyle: {color: colour(name), width: 3, opacity: 0.45},
      itemStyle: {color: colour(name)},
      data: rows.flatMap((row, y) => row.peers[name]
          ? [[Math.log2(row.peers[name].lowerQuartile), y], [Math.log2(row.peers[name].upperQuartile), y], [null, null]] : [])
    }, {
      type: "scatter", name, symbolSize: 12, z: 3,
      itemStyle: {color: colour(name), borderColor: colour("page"), borderWidth: 1},
      data: rows.flatMap((row, y) => row.peers[name] ? [{value: [Math.log2(row.peers[name].ratio), y], row}] : [])
    }]);
    byId("networks-chart").style.height = `${110 + 44 * rows.length}px`;
    networksChart.resize();
    networksChart.setOption({
      ...look(),
      grid: {left: 8, right: 24, top: 40, bottom: 44, containLabel: true},
      legend: {top: 0, left: 0, icon: "circle", data: peers, textStyle: {color: colour("text"), fontSize: 13}},
      xAxis: logAxis(`Time relative to ${rows.length > 0 ? rows[0].reference : "the reference"}: left is faster`,
          [0.99, 1.01, ...ratios], {nameGap: 28}),
      yAxis: axis("", {
        axisLine: {show: true, onZero: true, lineStyle: {color: colour("muted")}}, // stands where both are as fast
        type: "category", data: rows.map(row => networkLabel(row.network)),
        axisLabel: {color: colour("text"), fontSize: 13}, axisTick: {show: false}
      }),
      tooltip: {
        ...look().tooltip,
        formatter: ({data, seriesName}) => tip(networkLabel(data.row.network), peerLines(data.row, seriesName))
      },
      series
    }, {notMerge: true});
  }

  function drawFirstCalls() {
    const rows = result.firstCalls;
    const dashes = {NONE: "solid", BACKGROUND: "dashed", BLOCKING: "dotted"};
    firstCallsChart.setOption({
      ...look(),
      grid: {...GRID, top: 40},
      legend: {top: 0, left: 0, data: rows.map(row => row.label), textStyle: {color: colour("text"), fontSize: 13}},
      xAxis: logAxis("Number of the call", [1, 2, ...rows.flatMap(row => row.numbers)], {nameGap: 28}),
      yAxis: logAxis("Milliseconds", [1, 2, ...rows.flatMap(row => row.millis)], {nameGap: 42}),
      tooltip: {
        ...look().tooltip,
        formatter: ({data, seriesName}) => tip(seriesName, [`call ${data.number}: ${digits(data.millis)} ms`])
      },
      series: rows.map(row => ({
        type: "line", name: row.label, symbol: "circle", symbolSize: 4, showAllSymbol: true,
        itemStyle: {color: colour(row.runner)},
        lineStyle: {color: colour(row.runner), width: 1.6, type: dashes[row.warmup]},
        data: row.numbers.map((number, i) => ({
          value: [Math.log2(number), Math.log2(row.millis[i])], number, millis: row.millis[i]
        }))
      }))
    }, {notMerge: true});
  }

  function draw() {
    charts.forEach(chart => chart.resize());
    drawNetworks();
    drawFirstCalls();
    drawRoofline();
  }

  writeHead();
  writeNotices();
  writeChanges();
  writeNetworks();
  writeFirstCalls();
  writeFilters();
  writeLayers();
  writeNotes();
  draw();
  for (const query of ["screen and (prefers-color-scheme: dark)", "print"]) {
    matchMedia(query).addEventListener("change", draw);
  }
  addEventListener("resize", draw);
})();
