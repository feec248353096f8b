// ONNX Runtime's side of a race (TorchWorker.cs says what is said): node onnx.mjs WORK MODEL.onnx
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const require = createRequire(import.meta.url);
const ort = require("onnxruntime-node");
const work = JSON.parse(process.argv[2]);
const session = await ort.InferenceSession.create(process.argv[3], {
  executionProviders: ["cpu"], intraOpNumThreads: work.threads, interOpNumThreads: 1, graphOptimizationLevel: "all",
});
const pixels = Float32Array.from({ length: work.batch * 3 * work.size * work.size }, () => Math.random());
const images = new ort.Tensor("float32", pixels, [work.batch, 3, work.size, work.size]);
console.log(`ready ONNX Runtime ${require("onnxruntime-node/package.json").version}, Node ${process.version}`);
for await (const line of createInterface({ input: process.stdin })) {
  const began = performance.now();
  for (let i = 0; i < Number(line); i++) await session.run({ images });
  console.log(String((performance.now() - began) / 1000));
}
console.log(Number(/VmHWM:\s+(\d+)/.exec(readFileSync("/proc/self/status", "utf8"))[1]) >> 10);
