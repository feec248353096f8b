// Writes expected.json beside this file: outputs, gradients and losses of the Keras tutorial's network in TensorFlow.js layers, which keep
// Keras's semantics. Weights, pixels and labels are closed forms, the same as in ClosedForm.cs.
//
// To run it, with Node 20 or later, from any folder:   npm install @tensorflow/tfjs@4.22.0 && node <path of this file>
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const tf = createRequire(join(process.cwd(), 'package.json'))('@tensorflow/tfjs');
const heads = ['main', 'aux1', 'aux2'];
const lossWeights = [1, 0.3, 0.3];
const classes = 10;
// [size, images, steps]. Gradients jump where a ReLU or a maximum is decided by rounding: of most batches there are a few such places, which
// change gradients by 1e-3; the batch at 122 has none (PyTorch's float32 and float64 gradients agree to 1e-6).
const cases = [[224, 2, 0], [122, 2, 3]];

// The CPU backend's filter gradients read every operand by TensorBuffer.get, whose range checks take most of the time. Without
// them the numbers are the same.
const checkedGet = tf.TensorBuffer.prototype.get;
tf.TensorBuffer.prototype.get = function (a, b, c, d) {
  if (this.rank !== 4) return checkedGet.apply(this, arguments);
  const [s0, s1, s2] = this.strides;
  return this.values[a * s0 + b * s1 + c * s2 + d];
};

// ---- The closed form: 32-bit FNV-1a of the key, then MurmurHash3's finalizer over the index.

function hash(key) {
  let seed = 0x811c9dc5;
  for (const character of key) seed = Math.imul(seed ^ character.charCodeAt(0), 0x01000193);
  return index => {
    let h = seed ^ Math.imul(index + 1, 0x9e3779b9);
    h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
    h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
    return (h ^ (h >>> 16)) >>> 0;
  };
}

// In [-1, 1) in steps of 2^-23.
function signed(key) {
  const bits = hash(key);
  return index => (bits(index) >>> 8) / 0x800000 - 1;
}

// Weights uniform within sqrt(4.5 / fan in): activations neither vanish nor explode; biases within 0.1.
const bound = shape => (shape.length === 1 ? 0.1 : Math.sqrt(4.5 / shape.slice(1).reduce((a, b) => a * b)));

// Half a grid of 16x16 cells, half noise: images that differ at every scale.
function pixels(count, size) {
  const [cells, noise] = [hash('cells'), hash('noise')];
  return Float32Array.from({ length: count * 3 * size * size }, (_, i) => {
    const [plane, y, x] = [Math.floor(i / (size * size)), Math.floor(i / size) % size, i % size];
    return ((cells((plane * 256 + (y >> 4)) * 256 + (x >> 4)) >>> 25) + (noise(i) >>> 25)) / 255;
  });
}

const label = n => (7 * n + 3) % classes;

// ---- The network, channels last. Layers are named by their state keys.

const conv = (key, filters, kernelSize, strides = 1) => x =>
  tf.layers.conv2d({ name: `${key}.conv`, filters, kernelSize, strides, padding: 'same', activation: 'relu' }).apply(x);
const maxPool = (poolSize, strides) => x => tf.layers.maxPooling2d({ poolSize, strides, padding: 'same' }).apply(x);
const dense = (name, units, activation) => x => tf.layers.dense({ name, units, activation }).apply(x);
const dropout = rate => x => tf.layers.dropout({ rate }).apply(x);
const chain = (x, ...layers) => layers.reduce((value, layer) => layer(value), x);

function inception(name, conv1x1, reduce3x3, conv3x3, reduce5x5, conv5x5, poolProjection) {
  const key = `inception${name}`;
  return x => tf.layers.concatenate({ name: key }).apply([
    conv(`${key}.branch1`, conv1x1, 1)(x),
    chain(x, conv(`${key}.branch2.0`, reduce3x3, 1), conv(`${key}.branch2.1`, conv3x3, 3)),
    chain(x, conv(`${key}.branch3.0`, reduce5x5, 1), conv(`${key}.branch3.1`, conv5x5, 5)),
    chain(x, maxPool(3, 1), conv(`${key}.branch4.1`, poolProjection, 1)),
  ]);
}

const auxiliary = name => x => chain(
  x,
  y => tf.layers.averagePooling2d({ poolSize: 5, strides: 3, padding: 'valid' }).apply(y),
  conv(`${name}.conv`, 128, 1),
  y => tf.layers.flatten({ name: `${name}.flatten` }).apply(y),
  dense(`${name}.fc1`, 1024, 'relu'),
  dropout(0.7),
  dense(`${name}.fc2`, classes));

// Outputs logits: the softmax is part of the loss.
function googLeNet(size) {
  const input = tf.input({ shape: [size, size, 3] });
  const block4a = chain(
    input,
    conv('conv1', 64, 7, 2), maxPool(3, 2), conv('conv2', 64, 1), conv('conv3', 192, 3), maxPool(3, 2),
    inception('3a', 64, 96, 128, 16, 32, 32), inception('3b', 128, 128, 192, 32, 96, 64), maxPool(3, 2),
    inception('4a', 192, 96, 208, 16, 48, 64));
  const block4d = chain(
    block4a,
    inception('4b', 160, 112, 224, 24, 64, 64), inception('4c', 128, 128, 256, 24, 64, 64), inception('4d', 112, 144, 288, 32, 64, 64));
  const main = chain(
    block4d,
    inception('4e', 256, 160, 320, 32, 128, 128), maxPool(3, 2),
    inception('5a', 256, 160, 320, 32, 128, 128), inception('5b', 384, 192, 384, 48, 128, 128),
    y => tf.layers.globalAveragePooling2d({}).apply(y), dropout(0.4), dense('fc', classes));
  return tf.model({ inputs: input, outputs: [main, auxiliary('aux1')(block4a), auxiliary('aux2')(block4d)] });
}

// ---- Layouts. Our order: convolutions (out, in, kH, kW), fully connected (out, in). Keras: (kH, kW, in, out) and (in, out).
// Keras flattens a head's map as (row, column, channel), we as (channel, row, column): fc1's inputs are permuted too.

function layoutsOf(model) {
  const layouts = [];
  for (const layer of model.layers) {
    for (const variable of layer.weights) {
      const [, key, kind] = variable.originalName.match(/^(.*)\/(kernel|bias)$/);
      const flattened = key.endsWith('.fc1') ? model.getLayer(key.replace('fc1', 'flatten')).input.shape : null;
      layouts.push({ key: `${key}.${kind === 'bias' ? 'bias' : 'weight'}`, variable: variable.val, ...layoutOf(variable.val.shape, flattened) });
    }
  }
  return layouts;
}

function layoutOf(shape, flattened) {
  if (shape.length === 1) return { shape, toOurs: x => x, toKeras: x => x };
  if (shape.length === 4) {
    const ours = [shape[3], shape[2], shape[0], shape[1]];
    return { shape: ours, toOurs: x => x.transpose([3, 2, 0, 1]), toKeras: x => x.reshape(ours).transpose([2, 3, 1, 0]) };
  }
  const [inputs, outputs] = shape;
  if (!flattened) return { shape: [outputs, inputs], toOurs: x => x.transpose(), toKeras: x => x.reshape([outputs, inputs]).transpose() };
  const [, rows, columns, channels] = flattened;
  return {
    shape: [outputs, inputs],
    toOurs: x => x.reshape([rows, columns, channels, outputs]).transpose([3, 2, 0, 1]).reshape([outputs, inputs]),
    toKeras: x => x.reshape([outputs, channels, rows, columns]).transpose([2, 3, 1, 0]).reshape([inputs, outputs]),
  };
}

function fill({ key, variable, shape, toKeras }) {
  const [value, scale] = [signed(key), bound(shape)];
  const values = Float32Array.from({ length: variable.size }, (_, i) => scale * value(i));
  tf.tidy(() => variable.assign(toKeras(tf.tensor1d(values))));
}

// ---- What is compared.

const digits = value => Number(value.toPrecision(8));

// The length of a gradient, which does not see the order of its elements, and its product with a fixed direction, which does.
function measure(gradient, key) {
  const direction = signed(`direction ${key}`);
  let square = 0, product = 0;
  gradient.forEach((g, i) => { square += g * g; product += g * direction(i); });
  return [digits(Math.sqrt(square)), digits(product)];
}

function evidence(size, count, steps) {
  const model = googLeNet(size);
  const layouts = layoutsOf(model);
  layouts.forEach(fill);
  const variables = layouts.map(layout => layout.variable);
  const images = tf.tensor4d(pixels(count, size), [count, 3, size, size]).transpose([0, 2, 3, 1]);
  const labels = tf.oneHot(tf.tensor1d(Array.from({ length: count }, (_, n) => label(n)), 'int32'), classes);
  const losses = logits => logits.map(head => tf.losses.softmaxCrossEntropy(labels, head));
  const total = () => losses(model.apply(images)).map((loss, h) => loss.mul(lossWeights[h])).reduce((a, b) => a.add(b));

  const result = { size, count, logits: {}, losses: [], gradients: {} };
  const look = () => {
    const logits = tf.tidy(() => model.apply(images));
    result.losses.push(losses(logits).map(loss => digits(loss.dataSync()[0])));
    console.log(size, result.losses.at(-1));
    return logits;
  };

  look().forEach((logits, h) => { result.logits[heads[h]] = Array.from(logits.dataSync(), digits); });
  const optimizer = tf.train.momentum(0.01, 0.9); // at a constant rate the steps of Keras's SGD
  for (let step = 0; step < steps; step++) {
    const { grads } = tf.variableGrads(total, variables);
    if (step === 0) {
      for (const { key, variable, toOurs } of layouts) {
        result.gradients[key] = measure(tf.tidy(() => toOurs(grads[variable.name]).dataSync()), key);
      }
    }

    optimizer.applyGradients(grads);
    tf.dispose(grads);
    look();
  }

  return result;
}

await tf.setBackend('cpu');
const versions = { tfjs: tf.version.tfjs, backend: tf.getBackend(), node: process.versions.node };
const expected = { versions, cases: cases.map(([size, count, steps]) => evidence(size, count, steps)) };
const text = JSON.stringify(expected, null, 2).replace(/\[[^[\]{}]*\]/g, array => JSON.stringify(JSON.parse(array)).replaceAll(',', ', '));
writeFileSync(join(import.meta.dirname, 'expected.json'), `${text}\n`);
