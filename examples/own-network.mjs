// A network of your own: two strided convolutions each way, one learned density for each channel, additive noise for the rate and rounding
// for the distortion. It is trained for some steps of plain gradient descent with momentum on a picture that is drawn here.
import {
  add,
  buildObjective,
  CounterRandom,
  conv,
  deconv,
  divide,
  factorizedDensity,
  graphInput,
  initializeParameters,
  inputNames,
  leakyRelu,
  multiply,
  objectiveGraph,
  openGraphOn,
  outputNames,
  quantizeLatent,
  reduceMean,
  square,
  subtract,
  weightFeeds,
} from "halfstep/research";

const [side, steps, lambda] = [64, Number(process.argv[2] ?? 200), 0.01];
const image = graphInput(inputNames.image, [1, 3, side, side]);

const built = buildObjective({ rate: "aun", distortion: "ste" }, (scope, surrogates) => {
  const first = leakyRelu(conv(scope.scope("ga.0"), image, { channels: 16, kernel: 5, stride: 2 }), 0.1);
  const y = multiply(conv(scope.scope("ga.1"), first, { channels: 12, kernel: 5, stride: 2 }), 8);
  const { bits, quantized } = quantizeLatent("y", y, {
    options: { ...surrogates, zeroCenter: true, scaleBound: 0.11 },
    mean: null,
    density: () => factorizedDensity(scope.scope("density"), y.shape),
  });
  const back = leakyRelu(
    deconv(scope.scope("gs.0"), multiply(quantized, 1 / 8), { channels: 16, kernel: 5, stride: 2 }),
    0.1,
  );
  const error = reduceMean(
    square(subtract(image, deconv(scope.scope("gs.1"), back, { channels: 3, kernel: 5, stride: 2 }))),
  );
  const bitsPerPixel = divide(bits, side * side);
  return { loss: add(bitsPerPixel, multiply(error, lambda * 255 ** 2)), bitsPerPixel, error };
});

const { graph, parameters, inputs } = objectiveGraph(built, true);
const session = await openGraphOn("cpu")(graph);
const weights = initializeParameters(parameters, 1);
const momentum = new Map(parameters.map(({ name }) => [name, new Float32Array(weights.get(name).data.length)]));
const random = new CounterRandom(1);
const picture = Float32Array.from(
  { length: 3 * side * side },
  (_, i) => 0.5 + 0.4 * Math.sin((i % side) / 5) * Math.cos(i / side / 7),
);

for (let step = 0; step <= steps; step++) {
  const feeds = new Map([
    [inputNames.image, { shape: [1, 3, side, side], data: picture }],
    ...weightFeeds(parameters, weights),
  ]);
  for (const { input, shape, stream } of inputs.noise) {
    const data = new Float32Array(shape.reduce((product, size) => product * size, 1));
    random.fillUniform(data, step, stream);
    feeds.set(input, { shape, data });
  }
  const results = await session.run(feeds);
  const norm = Math.sqrt(
    parameters.reduce(
      (sum, { name }) => sum + results.get(outputNames.gradient(name)).data.reduce((s, g) => s + g * g, 0),
      0,
    ),
  );
  for (const { name } of parameters) {
    const gradient = results.get(outputNames.gradient(name)).data;
    const { data } = weights.get(name);
    const velocity = momentum.get(name);
    for (let i = 0; i < data.length; i++) {
      velocity[i] = 0.9 * velocity[i] + gradient[i] / Math.max(1, norm);
      data[i] -= 0.003 * velocity[i];
    }
  }
  if (step % 50 === 0 || step === steps)
    console.log(
      `step ${step}: loss ${results.get("loss").data[0].toFixed(3)}, ${results.get("bitsPerPixel").data[0].toFixed(3)} bpp`,
    );
}
await session.close();
