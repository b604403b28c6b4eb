// The parts of the library that the dashboard uses; the rest is left out.
export {
  areaY, axisX, axisY, barX, barY, dot, gridX, gridY, lineY, plot, pointer, pointerX, pointerY, ruleX, ruleY, stackY, text, tip,
} from "@observablehq/plot";
