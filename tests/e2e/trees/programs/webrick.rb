# SPDX-License-Identifier: Apache-2.0
# webrick.rb PORT NEXT - a thread a connection, a call a request.
require 'net/http'
require 'webrick'

server = WEBrick::HTTPServer.new(
  BindAddress: '127.0.0.1', Port: ARGV[0].to_i, MaxClients: 256,
  Logger: WEBrick::Log.new(File::NULL), AccessLog: []
)
server.mount_proc '/' do |request, response|
  id = request.path.split('/').last
  Net::HTTP.start('127.0.0.1', ARGV[1].to_i) do |connection|
    response.body = connection.get("/next/#{id}", 'x-request-id' => id).body
  end
end
trap('TERM') { server.shutdown }
server.start
