import type { NodeId, PlanNode } from './plan.ts';

const NONE: readonly NodeId[] = [];

/** Nodes that a node is computed from. */
export function inputsOf(node: PlanNode): readonly NodeId[] {
  switch (node.op) {
    case 'constant':
    case 'column':
    case 'extra':
      return NONE;
    case 'shift':
    case 'align':
    case 'unary':
      return [node.input];
    case 'indicator':
    case 'binary':
    case 'choose':
      return node.inputs;
  }
}

/** The same node with other inputs. */
export function withInputs(node: PlanNode, renumber: (id: NodeId) => NodeId): PlanNode {
  switch (node.op) {
    case 'constant':
    case 'column':
    case 'extra':
      return node;
    case 'shift':
    case 'align':
    case 'unary':
      return { ...node, input: renumber(node.input) };
    case 'indicator':
      return { ...node, inputs: node.inputs.map(renumber) };
    case 'binary':
      return { ...node, inputs: [renumber(node.inputs[0]), renumber(node.inputs[1])] };
    case 'choose':
      return { ...node, inputs: [renumber(node.inputs[0]), renumber(node.inputs[1]), renumber(node.inputs[2])] };
  }
}
