/**
 * Pointers on the stage. One pointer moves the line. If the picture is zoomed and the line was not grasped, it moves the picture. Two pointers zoom. A wheel
 * zooms if Ctrl or Command is held, which is also what a pinch on a touch pad sends. Otherwise the page scrolls.
 */
import { useEffect, useRef } from "preact/hooks";
import { type Place, zoomed } from "./zoom.ts";

/** What gestures change. */
export interface GestureTarget {
  readonly place: Place;
  readonly setPlace: (place: Place) => void;
  /** The line, 0..100 from the left. */
  readonly setLine: (percent: number) => void;
  readonly isZoomed: boolean;
}

interface Point {
  readonly x: number;
  readonly y: number;
}

/** Zoom of a wheel's turn, for each CSS pixel that it would scroll. */
const WHEEL_RATE = 0.004;

/** Listens on the frame. */
export function useGestures(frame: { readonly current: HTMLElement | null }, target: GestureTarget): void {
  const latest = useRef(target);
  latest.current = target;
  useEffect(() => {
    const { current: element } = frame;
    if (element === null) return;
    const pointers = new Map<number, Point>();
    let moves: "line" | "picture" = "line";

    const fromCentre = ({ clientX, clientY }: MouseEvent): Point => {
      const box = element.getBoundingClientRect();
      return { x: clientX - box.left - box.width / 2, y: clientY - box.top - box.height / 2 };
    };
    const moveLine = ({ clientX }: MouseEvent): void => {
      const box = element.getBoundingClientRect();
      latest.current.setLine(Math.min(Math.max((100 * (clientX - box.left)) / box.width, 0), 100));
    };
    const down = (event: PointerEvent): void => {
      if (event.button !== 0) return;
      pointers.set(event.pointerId, fromCentre(event));
      element.setPointerCapture(event.pointerId);
      const grasped = (event.target as Element).closest(".line") !== null;
      moves = grasped || !latest.current.isZoomed ? "line" : "picture";
      if (moves === "line" && pointers.size === 1 && event.pointerType === "mouse") moveLine(event);
    };
    const move = (event: PointerEvent): void => {
      const before = pointers.get(event.pointerId);
      if (before === undefined) return;
      const now = fromCentre(event);
      const { place, setPlace } = latest.current;
      const others = [...pointers].filter(([id]) => id !== event.pointerId).map(([, point]) => point);
      pointers.set(event.pointerId, now);
      const [still] = others;
      if (still !== undefined) {
        const factor = distance(now, still) / Math.max(distance(before, still), 1);
        setPlace(zoomed(place, factor, { x: (now.x + still.x) / 2, y: (now.y + still.y) / 2 }));
      } else if (moves === "line") moveLine(event);
      else setPlace({ ...place, x: place.x + now.x - before.x, y: place.y + now.y - before.y });
    };
    const up = (event: PointerEvent): void => {
      pointers.delete(event.pointerId);
    };
    const wheel = (event: WheelEvent): void => {
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      latest.current.setPlace(zoomed(latest.current.place, Math.exp(-WHEEL_RATE * event.deltaY), fromCentre(event)));
    };
    element.addEventListener("pointerdown", down);
    element.addEventListener("pointermove", move);
    element.addEventListener("pointerup", up);
    element.addEventListener("pointercancel", up);
    element.addEventListener("wheel", wheel, { passive: false });
    return () => {
      element.removeEventListener("pointerdown", down);
      element.removeEventListener("pointermove", move);
      element.removeEventListener("pointerup", up);
      element.removeEventListener("pointercancel", up);
      element.removeEventListener("wheel", wheel);
    };
  }, [frame]);
}

function distance(a: Point, b: Point): number {
  return Math.hypot(a.x - b.x, a.y - b.y);
}
