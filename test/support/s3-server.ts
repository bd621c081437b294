/** An S3-compatible service for tests, in this process: @20minutes/s3rver, which has no types of its own. */
import { createRequire } from "node:module";

interface Server {
  run(): Promise<{ readonly port: number }>;
  close(): Promise<void>;
}

const S3rver = createRequire(import.meta.url)("@20minutes/s3rver") as new (options: object) => Server;

/** A running service. */
export interface S3Server {
  /** What a program needs in its environment to use it. */
  readonly env: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

/** Starts a service with one bucket, "bucket". @param directory where it keeps it */
export async function startS3(directory: string): Promise<S3Server> {
  const server = new S3rver({
    address: "127.0.0.1",
    port: 0,
    silent: true,
    directory,
    configureBuckets: [{ name: "bucket", configs: [] }],
    // It signs the address of a bucket without the slash that the client ends it with.
    allowMismatchedSignatures: true,
  });
  const { port } = await server.run();
  const env = {
    AWS_ENDPOINT_URL_S3: `http://127.0.0.1:${port}`,
    AWS_ACCESS_KEY_ID: "S3RVER",
    AWS_SECRET_ACCESS_KEY: "S3RVER",
  };
  return { env, close: () => server.close() };
}
