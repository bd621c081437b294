/**
 * A store that is a part of a bucket of an S3-compatible service. The environment says who one is, where the service
 * is and in which region, as for every program of AWS (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_ENDPOINT_URL_S3, AWS_REGION, profiles,
 * roles of machines). So no secret is ever an option of ours.
 *
 * It asks for writes that fail where an object exists (`If-None-Match: *`). On a service that does not know them, the later of two
 * writers at the same moment wins.
 */
import { createReadStream, createWriteStream } from "node:fs";
import { rename, stat } from "node:fs/promises";
import path from "node:path";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { cannotWrite, withTemporaryPath } from "../../atomic-file.ts";
import { HalfstepError } from "../../errors.ts";
import { checkKey, type Store, type StoredObject, storeFailed } from "./store.ts";

/** Answers of a service that knows no conditional writes. */
const NO_CONDITIONS: readonly (string | undefined)[] = ["NotImplemented", "InvalidArgument"];

/** A bucket, or the part of it below a prefix, as a store. */
export class S3Store implements Store {
  readonly name: string;
  readonly localFolder: undefined = undefined;
  readonly #bucket: string;
  readonly #prefix: string;
  readonly #client: S3Client;

  /** @param prefix without slashes at its ends; "" for the whole bucket */
  constructor(bucket: string, prefix: string) {
    this.name = `s3://${bucket}${prefix === "" ? "" : `/${prefix}`}`;
    this.#bucket = bucket;
    this.#prefix = prefix === "" ? "" : `${checkKey(prefix)}/`;
    const { AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL, AWS_REGION, AWS_DEFAULT_REGION } = process.env;
    this.#client = new S3Client({
      // Services other than Amazon's seldom have a host name for each bucket.
      forcePathStyle: AWS_ENDPOINT_URL_S3 !== undefined || AWS_ENDPOINT_URL !== undefined,
      // They ignore the region, but the signature needs one.
      ...(AWS_REGION === undefined && AWS_DEFAULT_REGION === undefined ? { region: "us-east-1" } : {}),
      // Many services refuse the newer checksums where none is required.
      requestChecksumCalculation: "WHEN_REQUIRED",
      responseChecksumValidation: "WHEN_REQUIRED",
    });
  }

  /** Asks for an object that may be there or not, so that a wrong bucket or access key is noticed at once. */
  async check(): Promise<void> {
    await this.get("halfstep-store.json");
  }

  async get(key: string): Promise<Uint8Array | undefined> {
    const body = await this.#body(key);
    return body && (await this.#asking(() => body.transformToByteArray()));
  }

  async put(key: string, bytes: Uint8Array): Promise<void> {
    await this.#asking(() => this.#client.send(new PutObjectCommand({ ...this.#place(key), Body: bytes })));
  }

  async putNew(key: string, bytes: Uint8Array): Promise<boolean> {
    if (await this.#exists(key)) return false;
    try {
      await this.#client.send(new PutObjectCommand({ ...this.#place(key), Body: bytes, IfNoneMatch: "*" }));
      return true;
    } catch (error) {
      const { name } = error as Error;
      if (name === "PreconditionFailed" || name === "ConditionalRequestConflict") return false;
      if (!NO_CONDITIONS.includes(name)) throw this.#failed(error);
    }
    await this.put(key, bytes);
    return true;
  }

  async putFile(key: string, file: string): Promise<void> {
    if (await this.#exists(key)) return;
    const { size } = await stat(file);
    const command = new PutObjectCommand({ ...this.#place(key), Body: createReadStream(file), ContentLength: size });
    await this.#asking(() => this.#client.send(command));
  }

  async getFile(key: string, file: string): Promise<boolean> {
    const body = await this.#body(key);
    if (body === undefined) return false;
    await withTemporaryPath(path.dirname(file), ".partial", async (temporary) => {
      try {
        await pipeline(body, createWriteStream(temporary));
        await rename(temporary, file);
      } catch (error) {
        const isLocal = (error as NodeJS.ErrnoException).syscall !== undefined;
        throw isLocal ? cannotWrite(file, error) : this.#failed(error);
      }
    });
    return true;
  }

  async *list(folder: string): AsyncIterable<StoredObject> {
    const prefix = `${this.#prefix}${checkKey(folder)}/`;
    let token: string | undefined;
    do {
      const page = {
        Bucket: this.#bucket,
        Prefix: prefix,
        ...(token === undefined ? {} : { ContinuationToken: token }),
      };
      const { Contents = [], NextContinuationToken } = await this.#asking(() =>
        this.#client.send(new ListObjectsV2Command(page)),
      );
      for (const { Key, Size = 0 } of Contents) {
        if (Key !== undefined && !Key.endsWith("/")) yield { key: Key.slice(this.#prefix.length), bytes: Size };
      }
      token = NextContinuationToken;
    } while (token !== undefined);
  }

  async delete(key: string): Promise<void> {
    await this.#asking(() => this.#client.send(new DeleteObjectCommand(this.#place(key))));
  }

  close(): void {
    this.#client.destroy();
  }

  #place(key: string): { readonly Bucket: string; readonly Key: string } {
    return { Bucket: this.#bucket, Key: `${this.#prefix}${checkKey(key)}` };
  }

  async #body(key: string) {
    try {
      const { Body } = await this.#client.send(new GetObjectCommand(this.#place(key)));
      return Body as (typeof Body & Readable) | undefined;
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw this.#failed(error);
    }
  }

  async #exists(key: string): Promise<boolean> {
    try {
      await this.#client.send(new HeadObjectCommand(this.#place(key)));
      return true;
    } catch (error) {
      if (isNotFound(error)) return false;
      throw this.#failed(error);
    }
  }

  async #asking<Result>(ask: () => Promise<Result>): Promise<Result> {
    try {
      return await ask();
    } catch (error) {
      throw this.#failed(error);
    }
  }

  /** The service's answer as a sentence; its own words name neither keys nor signatures. */
  #failed(error: unknown): HalfstepError {
    if (error instanceof HalfstepError) return error;
    const { name, message, code } = error as NodeJS.ErrnoException;
    if (name === "NoSuchBucket") {
      return storeFailed(this.name, "there is no such bucket", "make it, or name another by --store", error);
    }
    if (name === "CredentialsProviderError" || name === "InvalidAccessKeyId" || name === "SignatureDoesNotMatch") {
      const advice = "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY to those of the store";
      return storeFailed(this.name, `the service does not know this access key (${name})`, advice, error);
    }
    if (name === "AccessDenied") {
      return storeFailed(this.name, "access was denied", "let this key read, write, list and delete there", error);
    }
    const reason = code ?? (name === "Error" || name === "" ? message : name);
    const advice = "check AWS_ENDPOINT_URL_S3 and whether the service runs";
    return storeFailed(this.name, `the service does not answer as expected (${reason})`, advice, error);
  }
}

function isNotFound(error: unknown): boolean {
  const { name } = error as Error;
  return name === "NoSuchKey" || name === "NotFound";
}
