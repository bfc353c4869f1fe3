<?php
// Have a picture read: php ocr.php PICTURE MARKED
[, $picture, $marked] = $argv;
$url = getenv('INKREAD_URL') ?: 'http://127.0.0.1:8080';
$headers = ['Content-Type: application/json'];
if ($token = getenv('INKREAD_TOKEN')) {
    $headers[] = "Authorization: Bearer $token";
}

$request = curl_init("$url/ocr");
curl_setopt_array($request, [
    CURLOPT_POST => true,
    CURLOPT_HTTPHEADER => $headers,
    CURLOPT_POSTFIELDS => json_encode(['image' => base64_encode(file_get_contents($picture))]),
    CURLOPT_RETURNTRANSFER => true,
    CURLOPT_TIMEOUT => 120,
]);
$body = curl_exec($request);
if ($body === false) {
    fwrite(STDERR, curl_error($request) . "\n");
    exit(1);
}
$reply = json_decode($body, true, 64, JSON_THROW_ON_ERROR);
if (curl_getinfo($request, CURLINFO_RESPONSE_CODE) !== 200) {
    fwrite(STDERR, $reply['errorMsg'] . "\n");
    exit(1);
}
foreach ($reply['result']['texts'] as $text) {
    printf("%.2f %s\n", $text['score'], $text['text']);
}
file_put_contents($marked, base64_decode($reply['result']['image']));
