/**
 * Named parameters. A network asks a scope for each of its parameters by name, shape and initial distribution; the scope
 * decides what they are: graph inputs while training, constants in an exported network.
 *
 * A name can be asked for once. A network that calls the same layer twice on purpose must keep the layer's tensors; asking
 * again would hide a slip of the pen that ties two layers together.
 */
import {
  checkShape,
  type FloatArray,
  formatShape,
  graphInput,
  type Shape,
  sameShape,
  sharedConstant,
  type Tensor,
} from "../engine/index.ts";
import { HalfstepError } from "../errors.ts";
import type { Initializer } from "./initializers.ts";

/** What a network says of one of its parameters. */
export interface ParameterSpec {
  /** Dotted and unique, such as `ga.conv0.weight`. */
  readonly name: string;
  readonly shape: Shape;
  readonly initializer: Initializer;
  /** Stands for a number that is not negative (layers/gdn.ts). Such weights have no directions that an optimizer could turn. False if absent. */
  readonly isNonNegative?: boolean;
}

/** The name of the graph input that feeds a parameter in a training graph. */
export function parameterInputName(name: string): string {
  return `parameter/${name}`;
}

/** Whether a parameter, by its full name, is in one of the scopes. */
export function isInScopes(name: string, scopes: readonly string[]): boolean {
  return scopes.some((scope) => name.startsWith(`${scope}.`));
}

/** What all scopes of one network share. */
interface Registry {
  readonly specs: ParameterSpec[];
  readonly tensors: Map<string, Tensor>;
  readonly weights: ReadonlyMap<string, FloatArray> | null;
  readonly seenAs: (name: string, parameter: Tensor) => Tensor;
}

/** A place to ask for parameters; `scope` goes one dot deeper into the names. */
export class ParameterScope {
  readonly #registry: Registry;
  readonly #prefix: string;

  private constructor(registry: Registry, prefix: string) {
    this.#registry = registry;
    this.#prefix = prefix;
  }

  /**
   * Parameters become graph inputs named by {@link parameterInputName}.
   * @param seenAs what the network computes with in place of a parameter, such as its rounded value; the parameter itself by default
   */
  static training(seenAs: (name: string, parameter: Tensor) => Tensor = (_, parameter) => parameter): ParameterScope {
    return new ParameterScope({ specs: [], tensors: new Map(), weights: null, seenAs }, "");
  }

  /** Parameters become constants with the given values, by dotted name; weights that nobody asks for are passed over. */
  static frozen(weights: ReadonlyMap<string, FloatArray>): ParameterScope {
    return new ParameterScope({ specs: [], tensors: new Map(), weights, seenAs: (_, parameter) => parameter }, "");
  }

  /** What has been asked for so far in the whole network, in order. */
  get specs(): readonly ParameterSpec[] {
    return this.#registry.specs;
  }

  /** The tensors of {@link specs} by dotted name, in the same order. */
  get tensors(): ReadonlyMap<string, Tensor> {
    return this.#registry.tensors;
  }

  /** The scope below `prefix`: its parameters are named `prefix.name`. @throws {RangeError} for an empty prefix. */
  scope(prefix: string): ParameterScope {
    return new ParameterScope(this.#registry, `${this.#fullName(prefix)}.`);
  }

  /**
   * A parameter.
   *
   * @param traits what else its {@link ParameterSpec} says
   * @throws {RangeError} if the name is empty or was asked for before, or the shape is bad.
   * @throws {HalfstepError} "bad-weights" in a frozen scope whose weights lack it or have another shape.
   */
  parameter(
    name: string,
    shape: Shape,
    initializer: Initializer,
    traits: Pick<ParameterSpec, "isNonNegative"> = {},
  ): Tensor {
    const fullName = this.#fullName(name);
    const { specs, tensors, weights, seenAs } = this.#registry;
    if (tensors.has(fullName)) {
      throw new RangeError(`ParameterScope: "${fullName}" was asked for before; give each parameter a name of its own`);
    }
    checkShape(`ParameterScope: "${fullName}"`, shape);
    const tensor =
      weights === null ? graphInput(parameterInputName(fullName), shape) : frozenTensor(fullName, shape, weights);
    specs.push({ name: fullName, shape, initializer, ...traits });
    tensors.set(fullName, tensor);
    return seenAs(fullName, tensor);
  }

  #fullName(name: string): string {
    if (name === "") throw new RangeError("ParameterScope: got an empty name; name the parameter or the scope");
    return this.#prefix + name;
  }
}

function frozenTensor(name: string, shape: Shape, weights: ReadonlyMap<string, FloatArray>): Tensor {
  const weight = weights.get(name);
  const expected = `expected ${formatShape(shape)}; use the weights of this network with the same N and M`;
  if (weight === undefined) throw new HalfstepError("bad-weights", `weights: "${name}": got nothing, ${expected}`);
  if (!sameShape(weight.shape, shape)) {
    throw new HalfstepError("bad-weights", `weights: "${name}": got ${formatShape(weight.shape)}, ${expected}`);
  }
  return sharedConstant(weight.data, shape);
}
