<?php
// SPDX-License-Identifier: Apache-2.0
//
// Reference cycles for PHP's collector, and what gc_status() says of it. programs/README.md says
// what it speaks.

const ROUNDS = 40, CYCLES = 20000;

function make_garbage(): void
{
	for ($round = 0; $round < ROUNDS; $round++) {
		for ($i = 0; $i < CYCLES; $i++) {
			$node = new stdClass;
			$node->itself = $node;
		}
		gc_collect_cycles();
	}
}

echo "ready\n";
fgets(STDIN);
$before = gc_status()['runs'];
make_garbage();
gc_disable();
echo json_encode(['counts' => ['cycles' => gc_status()['runs'] - $before]]), "\n";
fgets(STDIN);
