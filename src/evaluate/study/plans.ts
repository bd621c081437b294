/**
 * What an evaluation measures: curves before there are numbers. All models of fixed rate of one network and width make one curve, a
 * point each; a model of variable rate is a curve by itself, with a point for each quality.
 */
import { UsageError } from "../../errors.ts";
import { type ModelInfo, readModelInfo } from "../../models/model-files.ts";
import { findCodecs } from "./compared-codecs.ts";
import type { Subject } from "./measure.ts";
import type { PointModel } from "./result-schema.ts";

/** A curve before it is measured. */
export interface Plan {
  /** Short name for commands. */
  readonly codec: string;
  /** Name for legends. */
  readonly label: string;
  readonly settings: string;
  readonly points: readonly PlannedPoint[];
}

/** A point before it is measured. */
export interface PlannedPoint {
  /** As {@link Task.settings}. */
  readonly setting: string;
  readonly subject: Subject;
  /** Everything that its rows depend on, beside setting and image. Kept rows are found by it. */
  readonly madeBy: string;
  /** The model, if there is one. */
  readonly model?: PointModel;
}

/** Efforts that models are measured at where none are chosen. */
const USUAL_EFFORTS: readonly number[] = [0];

/** Qualities that a model of variable rate is measured at where none are chosen. */
const USUAL_QUALITIES: readonly number[] = [0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100];

/**
 * Curves of codecs.
 * @param versions receives the version of each
 * @throws {UsageError} `unknown-codec`
 * @throws {HalfstepError} `missing-program`
 */
export async function planCodecs(names: readonly string[], versions: Record<string, string>): Promise<readonly Plan[]> {
  const plans: Plan[] = [];
  for (const { name, label, settings, ladder, version } of findCodecs([...new Set(names)])) {
    versions[name] = await version();
    const madeBy = `${name}: ${settings}; ${versions[name]}`;
    const subject = { kind: "codec", name } as const;
    plans.push({
      codec: name,
      label,
      settings,
      points: ladder.map((quality) => ({ setting: String(quality), subject, madeBy })),
    });
  }
  return plans;
}

interface NamedModel {
  readonly info: ModelInfo;
  /** As it was named. */
  readonly named: string;
}

/**
 * Curves of models.
 * @param program that codes with them, as `describeProgram` describes it. Rows of another program are not taken
 * @param qualities of models of variable rate, 0..100. Default {@link USUAL_QUALITIES}.
 * @param efforts 0..9. Each makes a curve of every model. Default 0.
 * @throws {UsageError} `bad-usage` for models that would be one curve twice, and for qualities that no model takes; `missing-model`
 */
export async function planModels(
  models: readonly string[],
  program: string,
  qualities?: readonly number[],
  efforts: readonly number[] = USUAL_EFFORTS,
): Promise<readonly Plan[]> {
  const found: NamedModel[] = [];
  for (const named of new Set(models)) {
    const info = await readModelInfo(named);
    const twin = found.find((other) => other.info.identity === info.identity);
    if (twin !== undefined) {
      throw new UsageError("bad-usage", `--models: got ${twin.named} and ${named}, which are one model; leave one out`);
    }
    found.push({ info, named });
  }
  const isVariable = ({ info }: NamedModel): boolean => info.lambdaRange !== null;
  if (qualities !== undefined && !found.some(isVariable)) {
    throw new UsageError("bad-usage", "--qualities: got no model of variable rate; name one with --models");
  }
  const families = new Map<string, NamedModel[]>();
  for (const model of found.filter((model) => !isVariable(model))) {
    const { network, distortion } = model.info;
    const family = `halfstep-${network.type}-${network.N}${distortion === "mse" ? "" : "-ms-ssim"}`;
    families.set(family, [...(families.get(family) ?? []), model]);
  }
  const plans = [...new Set(efforts)].flatMap((effort) =>
    [
      ...[...families].map(([codec, members]) => fixedRatePlan(codec, members, program)),
      ...found.filter(isVariable).map((model) => variableRatePlan(model, qualities ?? USUAL_QUALITIES, program)),
    ].map((plan) => withEffort(plan, effort)),
  );
  for (const [i, { codec }] of plans.entries()) {
    if (plans.findIndex((plan) => plan.codec === codec) === i) continue;
    throw new UsageError("bad-usage", `--models: got two curves called ${codec}; package one model under another name`);
  }
  return plans;
}

/** The same curve with an effort. */
function withEffort(plan: Plan, effort: number): Plan {
  if (effort === 0) return plan;
  return {
    codec: `${plan.codec}-effort-${effort}`,
    label: `${plan.label}, effort ${effort}`,
    settings: `${plan.settings}; effort ${effort}`,
    points: plan.points.map(({ subject, model, madeBy, ...point }) => ({
      ...point,
      subject: { ...subject, ...(subject.kind === "model" ? { effort } : {}) },
      madeBy: `${madeBy}; effort ${effort}`,
      ...(model === undefined ? {} : { model: { ...model, effort } }),
    })),
  };
}

function fixedRatePlan(codec: string, members: readonly NamedModel[], program: string): Plan {
  const { network, distortion } = members[0]!.info;
  const ordered = members.toSorted((a, b) => a.info.lambda - b.info.lambda);
  return {
    codec,
    label: `Halfstep ${network.type}, N = ${network.N}`,
    settings: `trained for ${distortion}; ${ordered.map(({ info }) => `${info.name} ${info.identity.slice(0, 16)}`).join(", ")}`,
    points: ordered.map(({ info, named }) => ({
      setting: info.name,
      subject: { kind: "model", name: named, identity: info.identity, effort: 0 },
      madeBy: `model ${info.identity}; ${program}`,
      model: { name: info.name, identity: info.identity },
    })),
  };
}

function variableRatePlan({ info, named }: NamedModel, qualities: readonly number[], program: string): Plan {
  const { name, identity, network, distortion, lambdaRange } = info;
  const short = name.toLowerCase();
  return {
    codec: /^halfstep(-|$)/.test(short) ? short : `halfstep-${short}`,
    label: `${name} (Halfstep, variable rate)`,
    settings: `variable rate: qualities of the model ${name} ${identity.slice(0, 16)} (${network.type}, N = ${network.N}), trained for ${distortion} with lambda ${lambdaRange?.join(" to ")}`,
    points: [...new Set(qualities)].map((quality) => ({
      setting: String(quality),
      subject: { kind: "model", name: named, identity, effort: 0 },
      madeBy: `model ${identity}; ${program}`,
      model: { name, identity, quality },
    })),
  };
}
