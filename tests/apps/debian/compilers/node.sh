# node: its compiler, workers, the loop of events.
. /tests/section.sh
cat >main.js <<'END'
const crypto = require('crypto'), zlib = require('zlib'), cp = require('child_process');
const f = n => (n < 2 ? n : f(n - 1) + f(n - 2));
console.log(f(24), [3, 1, 2].sort(), 2n ** 100n, Math.sin(1), 0.1 + 0.2, JSON.stringify({ a: [1, null, 'x'] }));
console.log(crypto.createHash('sha256').update('abc').digest('hex'), zlib.gunzipSync(zlib.gzipSync('text')).toString());
class A { #x = 1; get x() { return this.#x++; } }
const a = new A(); let s = 0; for (let i = 0; i < 300000; i++) s += a.x % 7;
console.log(s, 'abc'.replace(/b/g, m => m.toUpperCase()), [...'héllo'].length, new Date(0).toISOString());
const m = new Float64Array(10000).map((_, i) => Math.sqrt(i)); console.log(m.reduce((p, c) => p + c));
console.log(cp.execSync('echo from a shell').toString().trim());
(async () => { for await (const x of (async function* () { yield 1; yield 2; })()) console.log(x); await new Promise(r => setTimeout(r, 20)); console.log('later'); })();
const { Worker } = require('worker_threads');
new Worker('require("worker_threads").parentPort.postMessage(6*7)', { eval: true }).on('message', x => console.log('worker', x));
END
section node 'nodejs main.js || node main.js'
