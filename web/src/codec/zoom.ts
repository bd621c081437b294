/** Where a picture lies in the frame that shows it: how large, and which part. */

/** Zoom and pan. */
export interface Place {
  /** 1: the whole picture fits the frame. */
  readonly zoom: number;
  /** Distance of the picture's centre from the frame's, in CSS pixels. */
  readonly x: number;
  readonly y: number;
}

/** Width and height. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** The whole picture. */
export const FITTED: Place = { zoom: 1, x: 0, y: 0 };

const MOST_CSS_PIXELS = 12;
/** A small picture is not blown up to fill the frame by more than this. */
const MOST_FIT = 4;

/** CSS pixels for one pixel of the picture, if the whole picture fits. */
export function fitScale(picture: Size, frame: Size): number {
  return Math.min(frame.width / picture.width, frame.height / picture.height, MOST_FIT);
}

/** The same place with its zoom in bounds and no more empty frame than there must be. */
export function bounded({ zoom, x, y }: Place, picture: Size, frame: Size): Place {
  const fit = fitScale(picture, frame);
  const kept = Math.min(Math.max(zoom, 1), Math.max(1, MOST_CSS_PIXELS / fit));
  const slackX = Math.max(0, (picture.width * fit * kept - frame.width) / 2);
  const slackY = Math.max(0, (picture.height * fit * kept - frame.height) / 2);
  // Adding 0 makes 0 of -0.
  return { zoom: kept, x: Math.min(Math.max(x, -slackX), slackX) + 0, y: Math.min(Math.max(y, -slackY), slackY) + 0 };
}

/**
 * Zooms by a factor around a point that stays where it is.
 * @param at from the centre of the frame, in CSS pixels
 */
export function zoomed(place: Place, factor: number, at: { readonly x: number; readonly y: number }): Place {
  return {
    zoom: place.zoom * factor,
    x: at.x - (at.x - place.x) * factor,
    y: at.y - (at.y - place.y) * factor,
  };
}
