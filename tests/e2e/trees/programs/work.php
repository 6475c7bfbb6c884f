<?php
// SPDX-License-Identifier: Apache-2.0
// work.php - calls the port that FastCGI's parameter NEXT names, once for each request.
$id = basename($_SERVER['REQUEST_URI']);
$call = curl_init("http://127.0.0.1:{$_SERVER['NEXT']}/next/$id");
curl_setopt($call, CURLOPT_HTTPHEADER, ["x-request-id: $id"]);
curl_setopt($call, CURLOPT_RETURNTRANSFER, true);
echo curl_exec($call);
