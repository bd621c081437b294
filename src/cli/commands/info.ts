/** `halfstep info <file>`: what the header of a `.hst` file says, and whether the file is whole. It needs no model. */
import type { Command } from "commander";
import { inputName } from "../../standard-stream.ts";
import type { Execute } from "../command-context.ts";
import { namingStreamFile, readStreamFile } from "../read-stream-file.ts";

/** Adds the command. */
export function registerInfo(program: Command, execute: Execute): void {
  program
    .command("info")
    .description("show the header of a .hst file and check that the file is whole")
    .argument("<file>", "the compressed file, or - for standard input")
    .action((file: string) =>
      execute(async (context) => {
        const bytes = await readStreamFile(file);
        const { qualityOfField, readStream } = await import("../../index.ts");
        const { header, alpha } = await namingStreamFile(file, () => readStream(bytes));
        const { version, width, height, tileSize, headerByteLength } = header;
        const quality = qualityOfField(header.quality);
        const model = Buffer.from(header.modelIdentity).toString("hex");
        const bitsPerPixel = (8 * bytes.length) / (width * height);
        context.report(
          {
            command: "info",
            file,
            version,
            model,
            width,
            height,
            quality,
            qualityField: header.quality,
            tileSize,
            alphaBytes: alpha?.length ?? 0,
            bytes: bytes.length,
            headerBytes: headerByteLength,
            payloadBytes: header.payloadByteLength,
            bitsPerPixel,
          },
          [
            `file      ${inputName(file)}`,
            `format    version ${version}, checksum right`,
            `image     ${width} x ${height} pixels`,
            `model     ${model} (identity)`,
            `quality   ${header.quality === 0 ? "fixed by the model" : (quality ?? `unknown (${header.quality} in the header)`)}`,
            ...(alpha === null ? [] : [`alpha     ${alpha.length} bytes, lossless`]),
            `size      ${bytes.length} bytes, ${bitsPerPixel.toFixed(4)} bpp; header ${headerByteLength} bytes`,
          ].join("\n"),
        );
      }),
    );
}
