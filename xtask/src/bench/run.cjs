// Times each prepared piece of work and prints it as a line of JSON. Preparing and dropping results is not timed.
"use strict";
const { Prepared } = require(process.argv[2]);

const WARM_UP_MS = 500; // V8 replaces its first, quickly made code within this time
const SAMPLE_MS = 2;
const SAMPLES = 200;
const LIMIT_MS = 3000;

function timed(prepared, times) {
  const start = performance.now();
  prepared.run(times);
  const took = performance.now() - start;
  prepared.clear();
  return took;
}

function timesPerSample(prepared) {
  const end = performance.now() + WARM_UP_MS;
  let fastest = Infinity;
  do {
    fastest = Math.min(fastest, timed(prepared, 1));
  } while (performance.now() < end);
  return Math.max(1, Math.round(SAMPLE_MS / fastest));
}

let prepared;
for (let number = 0; (prepared = Prepared.number(number)); number += 1) {
  const times = timesPerSample(prepared);
  const samples = [];
  const end = performance.now() + LIMIT_MS;
  while (samples.length < SAMPLES && performance.now() < end) {
    samples.push((timed(prepared, times) * 1e6) / times);
  }
  samples.sort((left, right) => left - right);
  const [fastest_ns, median_ns] = [samples[0], samples[samples.length >> 1]];
  console.log(JSON.stringify({ name: prepared.name(), items: prepared.items(), fastest_ns, median_ns }));
  prepared.free();
}
