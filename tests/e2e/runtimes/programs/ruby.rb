# SPDX-License-Identifier: Apache-2.0
#
# Garbage for Ruby's collector, and what GC.count says of it. programs/README.md says
# what it speaks.

require 'json'

ROUNDS = 60
OBJECTS = 20_000

def make_garbage
  kept = []
  ROUNDS.times do |round|
    some = Array.new(OBJECTS) { |i| "object #{i}" }
    kept[round % 10] = some
    GC.start if round % 20 == 19
  end
end

$stdout.sync = true
puts 'ready'
$stdin.gets
before = GC.count
make_garbage
GC.disable
said = { counts: { mark: GC.count - before } }
puts said.to_json
$stdin.gets
exit!
